# hold: one long operation inside C. Escape: the judge waits for it.
# ends: timeout limit
x = 10**10**8
