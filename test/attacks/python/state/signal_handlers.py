# hold: sets handlers for every signal and alarms for later. Escape: they fire in the next answer.
# indexes: 4
import signal


def angry(*args):
    raise ValueError('signalled')


for number in range(1, 65):
    try:
        signal.signal(number, angry)
    except (OSError, ValueError):
        pass
[
    lambda: signal.alarm(1),
    lambda: signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01),
    lambda: signal.raise_signal(2),
    lambda: signal.set_wakeup_fd(1),
][int('@INDEX@')]()
