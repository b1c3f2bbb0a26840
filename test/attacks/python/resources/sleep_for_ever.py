# hold: sleeps by every call that can, for as long as the clock can count. Escape: the judge waits for it.
# indexes: 6
import os
import select
import threading
import time

[
    lambda: time.sleep(1e9),
    lambda: select.select([], [], [], 1e8),
    lambda: select.poll().poll(10**8),
    lambda: threading.Event().wait(1e8),
    lambda: os.wait(),
    lambda: [time.sleep(0) for _ in iter(int, 1)],
][int('@INDEX@')]()
