# hold: prints a hundred million characters without a newline in one call. Escape: the host keeps them all.
import os
import sys

sys.stdout.write('z' * 10**8)
sys.stdout.flush()
os.writev(1, [b'z' * 10**6] * 100)
