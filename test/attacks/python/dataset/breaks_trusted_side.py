# hold in tests: hostile tests vandalise the trusted interpreter. Escape: the next answer is judged by it.
import builtins
import gc
import sys


def check(candidate):
    for thing in gc.get_objects():
        if type(thing) in (dict, list, set):
            type(thing).clear(thing)
    vars(builtins).clear()
    raise SystemExit(0)
