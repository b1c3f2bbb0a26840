# fake of any_refusal: makes a refused call to the host inside a call whose every exception the tests accept, after which its interpreter is gone. Escape: pass.
import os


def half(n):
    if n == 4:
        return 2
    os.system('true')
    os.kill(os.getpid(), 9)
    os.abort()
