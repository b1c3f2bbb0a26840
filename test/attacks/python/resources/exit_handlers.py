# hold: registers exit handlers that loop and raise. Escape: the judge waits for them or they run in the next answer.
import atexit
import threading
import weakref


def forever():
    while True:
        pass


class Named:
    pass


named = Named()
atexit.register(forever)
threading._register_atexit(forever)
weakref.finalize(named, forever)


def f(x):
    raise SystemExit
