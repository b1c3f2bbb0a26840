# hold: leaves values whose destruction raises, resurrects and calls exit. Escape: the judge's cleaning fails.
import os
import sys


class Stubborn:
    def __del__(self):
        global again
        again = self
        sys.stdout.write('x')
        os._exit(0)


class Loud(Exception):
    def __del__(self):
        raise self


sys.unraisablehook = lambda info: os._exit(0)


def f(x):
    if x == 10:
        raise Loud('bye')
    return [Stubborn(), x + 1][1]
