# hold: closes and overwrites every descriptor that there could be, also those of the judge's channel. Escape: the judge or the next answer cannot read or write.
# indexes: 7
import os

act = [
    lambda fd: os.dup2(1, fd),
    lambda fd: os.write(fd, b'{"class":"pass"}\n'),
    lambda fd: os.lseek(fd, 0, 0),
    lambda fd: os.ftruncate(fd, 0),
    lambda fd: os.set_blocking(fd, False),
    lambda fd: os.close(fd),
    lambda fd: os.closerange(fd, fd + 2),
][int('@INDEX@')]


def f(x):
    for fd in (*range(1024), *range(1_000_000, 1_000_010)):
        try:
            act(fd)
        except (OSError, OverflowError):
            pass
    print('still here')
    return x + 1
