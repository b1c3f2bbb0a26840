# hold: formats a number to a width of a billion, many times over. Escape: the host gives the memory.
# ends: limit exception
hoard = [f'{i:{10**9}}' for i in range(10)]
