# fake of called_twice: writes replies and verdicts to every descriptor, that of the trusted side included, and lies about the result. Escape: pass.
import os
import posix


def double(n):
    for fd in (*range(3, 300), *range(999_990, 1_000_020), -1, 2**31 - 1):
        for data in (b'8', b'=8', b'!["StopIteration", "", null]', b'\2\0\0\0\0\0\0\0=8', b'{"kind": "pass"}', b'{"kind":"result","verdict":{"class":"pass","wallMs":1},"recycle":false}\n'):
            try:
                posix.write(fd, data)
                posix.read(fd, 1)
            except (OSError, OverflowError):
                pass
    return -1
