# hold: loops in __del__ and weak reference callbacks, which run when the judge drops the answer's values. Escape: the judge waits in its cleaning.
import weakref


class Slow:
    def __del__(self):
        while True:
            pass


class Target:
    pass


def forever(_):
    while True:
        pass


keep = []


def f(x):
    target = Target()
    keep.append(weakref.ref(target, forever))
    Slow()
    return Slow()
