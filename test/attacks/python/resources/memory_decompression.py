# hold: unpacks small texts into gigabytes. Escape: the host gives them.
# ends: limit timeout exception
import zlib

small = zlib.compress(bytes(2**26), 1)
whole = [zlib.decompress(small) for _ in range(100)]
