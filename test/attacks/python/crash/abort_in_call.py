# hold: aborts the interpreter inside the called function. Escape: the worker dies without a verdict, or the tests go on.
# ends: violation exception limit
import os


def f(x):
    os.abort()
