# hold: appends to a list for ever. Escape: the host runs out of memory or the next answer fails.
# ends: limit timeout
hoard = []
while True:
    hoard.append('a' * 10**7 + str(len(hoard)))
