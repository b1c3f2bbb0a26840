# hold: makes millions of writes of one byte, each a call to the host. Escape: the judge's queue of them grows without end.
# ends: timeout limit
import os

while True:
    os.write(1, b'.')
