# hold: adds audit hooks, which Python has no way to remove, that loop and raise. Escape: they fire in the judge's helpers or the next answer.
import sys


def hook(event, args):
    if event in ('compile', 'import', 'open', 'exec', 'object.__getattr__', 'sys._getframe', 'code.__new__'):
        raise RuntimeError('audited ' + event)


sys.addaudithook(hook)
