# hold: keeps memory full while the judge calls the function and formats its error. Escape: the judge fails where it needs memory.
# ends: exception limit timeout
hoard = []


def f(x):
    size = 2**24
    while size:
        try:
            while True:
                hoard.append(bytearray(size))
        except MemoryError:
            size //= 2
    raise Exception('x' * 10)
