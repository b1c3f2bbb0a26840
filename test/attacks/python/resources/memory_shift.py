# hold: shifts an integer by billions of bits. Escape: the host gives the memory.
# ends: limit exception timeout
numbers = [1 << (2**31 - 1 - i) for i in range(20)]
