# hold: replaces the import hook by one that calls itself for ever. Escape: the judge waits, or overflows in its own callback.
import builtins
import sys


class Finder:
    def find_spec(self, name, path, target=None):
        return __import__(name + 'x')


sys.meta_path.insert(0, Finder())
builtins.__import__ = lambda *a, **k: __import__(*a, **k)
try:
    import nothing_of_that_name
except RecursionError:
    pass
sys.meta_path[:] = [Finder()]
