# hold: takes the current thread state away. Escape: the worker dies without a verdict.
import _testcapi


def f(x):
    _testcapi.crash_no_current_thread()
