# hold: returns ten levels of ten references to the same list, which are ten billion items when written out. Escape: encoding never ends or fills memory.
# ends: limit timeout wrong exception violation
def f(x):
    value = 'ha'
    for _ in range(10):
        value = [value] * 10
    return value
