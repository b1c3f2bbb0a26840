# hold: has the host read into millions of pieces. Escape: the host makes an object of each and runs out of memory.
import os

fd = os.open('/lib/python314.zip', os.O_RDONLY)
for read in (lambda: os.readv(0, rooms), lambda: os.readv(fd, rooms)):
    rooms = [bytearray(1)] * 4_000_000
    read()
