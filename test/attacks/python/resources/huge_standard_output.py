# hold: prints lines of a megabyte for ever. Escape: the host keeps them all.
# ends: timeout limit
while True:
    print('x' * 10**6)
