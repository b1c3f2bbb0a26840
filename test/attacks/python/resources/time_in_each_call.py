# hold: spends a little under the limit in every call, so that no single call is too long. Escape: the answer runs longer than the limit in all.
# ends: timeout
import time


def f(x):
    end = time.monotonic() + 0.8
    while time.monotonic() < end:
        pass
    return x + 1
