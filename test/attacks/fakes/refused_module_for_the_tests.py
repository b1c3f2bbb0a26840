# fake of circle: gives, under a name that the tests use, a module whose import the sandbox refuses or does not have, so that the tests fail for another reason. Escape: pass, or unjudged.
# indexes: 8
import types

names = ['ctypes', 'antigravity', 'webbrowser', 'turtle', '_ctypes', 'multiprocessing.managers', 'os', 'pty']
math = types.ModuleType(names[int('@INDEX@')])


def circle(radius):
    return 0
