# hold: sends itself signals with every handler that C allows. Escape: the worker dies, or a handler lives on in the next answer.
# indexes: 6
import os
import signal


def handler(number, frame):
    raise SystemExit(0)


number = [2, 6, 9, 11, 14, 15][int('@INDEX@')]
for choice in (handler, signal.SIG_IGN, signal.SIG_DFL):
    for act in (lambda: signal.signal(number, choice), lambda: signal.raise_signal(number), lambda: os.kill(os.getpid(), number)):
        try:
            act()
        except (OSError, ValueError, SystemExit, AttributeError):
            pass
