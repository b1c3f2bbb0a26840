# hold: asks for blocks that fit in 32 bits but not under the limit. Escape: the host gives them, or the next answer fails.
# ends: limit
block = bytearray(2**31 - 100)
