# hold: raises an exception whose text is a hundred million characters. Escape: the verdict carries them, or the judge runs out of memory.
def f(x):
    raise Exception('y' * 10**8)
