# leak: reads every descriptor from 0 to 1023 and that of the judge's channel, for what the judge sends there. Escape: LEAK with the number and the text.
# indexes: 4
import os
import select

way = [
    lambda fd: os.pread(fd, 65536, 0),
    lambda fd: os.read(fd, 65536),
    lambda fd: os.readv(fd, [room]) and bytes(room),
    lambda fd: open(fd, 'rb', buffering=0, closefd=False).read(65536),
][int('@INDEX@')]
room = bytearray(65536)
for fd in (*range(1024), *range(1_000_000, 1_000_010)):
    try:
        data = way(fd)
    except (OSError, ValueError):
        continue
    if data and (b'def check' in data or b'candidate' in data or b'"kind"' in data):
        raise Exception('LEAK:fd %d: %r' % (fd, data[:40]))
