# hold: leaves a process and threads behind. Escape: they run on.
import os
import threading

try:
    if os.fork() == 0:
        os.setsid()
        while True:
            pass
except OSError:
    pass
try:
    threading.Thread(target=lambda: exec('while True: pass'), daemon=True).start()
except RuntimeError:
    pass
