# hold in tests: hostile tests write noise to every descriptor, the channel to the answer included, and read it dry. Escape: the judge waits or fails for the next answer.
import os

for fd in (*range(64), *range(1_000_000, 1_000_010)):
    for data in (b'', b'\0', b'call\0', b'call\0f\0[[', b'name\0f', b'x' * 10**6, b'call\0f\0' + b'[' * 10**6):
        try:
            os.write(fd, data)
            os.read(fd, 10**6)
            os.read(fd, 10**6)
        except OSError:
            pass


def check(candidate):
    assert candidate(1) == 2
