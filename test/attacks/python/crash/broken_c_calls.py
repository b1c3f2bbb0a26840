# hold: C calls that break the interpreter's rules: a result with an error set, none without one, no current thread, a freed type. Escape: the judge takes the broken result for an answer.
import _testcapi


def f(x):
    if x == 1:
        try:
            return _testcapi.return_result_with_error()
        except SystemError:
            pass
        _testcapi.err_set_raised(ValueError('left behind'))
    return _testcapi.return_null_without_error()
