# hold: asks for eight gigabytes at once. Escape: the host gives them.
# ends: limit exception
block = bytearray(8 * 10**9)
