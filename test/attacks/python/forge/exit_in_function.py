# forge: raises SystemExit inside the function. Escape: pass.
def f(x):
    raise SystemExit(0)
