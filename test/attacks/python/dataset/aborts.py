# hold in tests: hostile tests abort the trusted interpreter and recurse without end. Escape: the worker dies without a verdict.
import os
import sys


def check(candidate):
    sys.setrecursionlimit(10**6)

    def deep(n):
        return deep(n + 1)

    try:
        deep(0)
    except RecursionError:
        pass
    os.abort()
