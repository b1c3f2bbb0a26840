# hold in tests: hostile tests fill the memory of the trusted interpreter. Escape: the host runs out of memory or the next answer fails.
# ends: limit timeout unjudged
def check(candidate):
    hoard = []
    while True:
        hoard.append(bytearray(2**20))
