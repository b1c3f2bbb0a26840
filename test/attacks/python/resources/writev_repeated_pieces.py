# hold: hands the host one write of the same large block half a million times, terabytes in all. Escape: the host joins them.
import os

os.writev(1, [b'z' * 2**24] * 500_000)
