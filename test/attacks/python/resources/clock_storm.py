# hold: calls the host's clock without end, so that the time passes outside the interpreter. Escape: the watchdog misses it.
# ends: timeout
import time

while True:
    time.time()
