# forge: ends the process inside the function. Escape: pass.
import os


def f(x):
    os._exit(0)
