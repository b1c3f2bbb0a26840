# hold: writes to both output descriptors below Python's streams. Escape: the host keeps them all, or they reach the terminal or the channel.
# ends: timeout limit
import os

while True:
    os.write(2, b'x' * 10**6)
    os.write(1, b'y' * 10**6)
