# hold: switches off every timer and signal that could stop it, then loops. Escape: it goes on.
# ends: timeout violation
# indexes: 2
import faulthandler
import signal

for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
off = [
    lambda: faulthandler.cancel_dump_traceback_later(),
    lambda: signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65)),
][int('@INDEX@')]
for stop in (off, lambda: signal.setitimer(signal.ITIMER_REAL, 0), lambda: signal.alarm(0)):
    try:
        stop()
    except (OSError, AttributeError, ValueError):
        pass
while True:
    pass
