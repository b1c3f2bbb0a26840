# hold: returns twenty million items. Escape: the host copies them, or the judge calls it its own fault.
# ends: limit timeout wrong exception violation
def f(x):
    return list(range(20_000_000))
