# hold: adds a trillion numbers inside C. Escape: the judge waits for it.
# ends: timeout
sum(range(10**12))
