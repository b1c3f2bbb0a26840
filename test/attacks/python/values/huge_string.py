# hold: returns a string of two hundred million characters. Escape: the host copies them, or the judge calls it its own fault.
# ends: limit timeout wrong exception violation
def f(x):
    return 'a' * 200_000_000
