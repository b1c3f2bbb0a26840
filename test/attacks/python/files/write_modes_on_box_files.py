# hold: opens the box's own library for writing with every flag that a read-only check could forget, and damages it. Escape: the next answer cannot import.
# indexes: 9
import os

library = '/lib/python314.zip'
number = int('@INDEX@')
damage = [
    lambda fd: os.write(fd, b'\0' * 4096),
    lambda fd: os.pwrite(fd, b'\0' * 4096, 0),
    lambda fd: os.ftruncate(fd, 0),
    lambda fd: os.writev(fd, [b'\0' * 4096]),
    lambda fd: os.fchmod(fd, 0),
    lambda fd: __import__('mmap').mmap(fd, 0, 1, 3).write(b'\0' * 4096),
    lambda fd: __import__('fcntl').fcntl(fd, 4, os.O_RDWR),
    lambda fd: __import__('fcntl').ioctl(fd, 0x5421, 1),
    lambda fd: os.sendfile(fd, os.open(library, os.O_RDONLY), 0, 4096),
][number]
for flag in (os.O_RDONLY, os.O_RDONLY | os.O_TRUNC, os.O_RDWR, os.O_WRONLY, os.O_WRONLY | os.O_APPEND, os.O_RDONLY | os.O_CREAT,
             os.O_ACCMODE, 0o1000, os.O_PATH, os.O_EXEC, os.O_SEARCH, os.O_TMPFILE | os.O_RDWR, 2**31 - 4, -4):
    try:
        fd = os.open(library, flag, 0o777)
        damage(fd)
        os.write(fd, b'\0' * 4096)
    except (OSError, AttributeError, OverflowError, ValueError):
        pass
for damage in (
    lambda: os.truncate(library, 0),
    lambda: os.unlink(library),
    lambda: os.rename(library, '/tmp/gone.zip'),
    lambda: os.chmod('/lib', 0),
    lambda: os.rename('/lib', '/gone'),
):
    try:
        damage()
    except OSError:
        pass
