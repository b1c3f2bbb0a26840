# hold: catches MemoryError and asks again, for ever. Escape: the judge waits or the next answer fails.
# ends: timeout limit
hoard = []
while True:
    try:
        hoard.append(bytearray(2**20))
    except MemoryError:
        pass
