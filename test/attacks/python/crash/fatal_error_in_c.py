# hold: makes CPython report a fatal error. Escape: the worker dies without a verdict.
import _testcapi


def f(x):
    _testcapi.fatal_error(b'the end')
