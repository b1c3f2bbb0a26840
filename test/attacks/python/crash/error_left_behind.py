# hold: leaves an exception set while it returns a good value, and sets the handled exception of the judge's own code. Escape: the next call of the judge into the interpreter sees it.
import _testcapi


def f(x):
    _testcapi.set_exc_info(ValueError, ValueError('x'), None)
    _testcapi.set_errno(5)
    return x + 1
