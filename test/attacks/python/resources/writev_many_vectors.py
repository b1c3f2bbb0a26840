# hold: hands the host one write of millions of pieces. Escape: the host makes an object of each and runs out of memory.
# indexes: 2
import os

os.writev(1, [[b'x'], [b'']][int('@INDEX@')] * 4_000_000)
