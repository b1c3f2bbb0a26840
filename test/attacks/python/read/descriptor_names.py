# leak: asks what each inherited descriptor points to. Escape: LEAK with a path or socket of the host.
import os

for fd in range(256):
    for path in ('/proc/self/fd/%d' % fd, '/dev/fd/%d' % fd):
        try:
            target = os.readlink(path)
        except OSError:
            continue
        if '@CWD@' in target or target.startswith(('socket:', 'pipe:', 'anon_inode:')):
            raise Exception('LEAK:fd %d is %s' % (fd, target))
