# hold: returns a list nested a hundred thousand deep. Escape: encoding or decoding overflows and takes the judge with it.
def f(x):
    value = []
    for _ in range(100_000):
        value = [value]
    return value
