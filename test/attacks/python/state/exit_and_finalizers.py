# hold: leaves exit handlers, finalizers, pending calls and thread locals behind. Escape: they run in the next answer.
import atexit
import threading
import weakref


def angry(*args):
    raise SystemExit(0)


class Loud:
    def __del__(self):
        raise ValueError('deleted')


keep = [Loud() for _ in range(100)]
for thing in keep:
    weakref.finalize(thing, angry)
atexit.register(angry)
local = threading.local()
local.loud = Loud()
try:
    import _testcapi

    _testcapi._pending_threadfunc(angry)
except (ImportError, AttributeError):
    pass


def f(x):
    keep.clear()
    return x + 1
