# hold: returns an integer of fifty million bits. Escape: the tests' side computes with it for ever.
# ends: limit timeout wrong exception violation
def f(x):
    return 1 << 50_000_000
