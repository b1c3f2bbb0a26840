# fake of circle: raises what the judge could take for a fault of the tests: ImportError, OSError, and errors of the sandbox's own kinds. Escape: pass, or unjudged.
# indexes: 6
import math

kinds = [ImportError('the tests import'), ModuleNotFoundError("No module named 'numpy'"), OSError(63, 'Operation not permitted'),
         PermissionError(63, 'x'), MemoryError(), SystemError('x')]


def circle(radius):
    try:
        open('/tmp/x', 'w')
    except OSError:
        pass
    raise kinds[int('@INDEX@')]
