# hold: raises the recursion limit to a million and recurses without end. Escape: the worker dies or the next answer fails.
# ends: limit exception timeout
import sys

sys.setrecursionlimit(10**6)


def g(n):
    return g(n + 1) + 1


g(0)
