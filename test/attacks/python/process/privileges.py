# leak: asks the kernel for other privileges and namespaces. Escape: LEAK with the call that succeeded.
import os

for name, args in (
    ('chroot', ('/tmp',)),
    ('unshare', (0x10000000,)),
    ('setns', (3,)),
    ('setsid', ()),
    ('setuid', (0,)),
    ('setgid', (0,)),
    ('setgroups', ([],)),
    ('nice', (5,)),
    ('setpriority', (0, 0, 5)),
    ('sched_setaffinity', (0, {0})),
    ('mknod', ('/tmp/device', 0o60600, 0x0100)),
    ('login_tty', (0,)),
    ('openpty', ()),
    ('memfd_create', ('m',)),
    ('eventfd', (1,)),
):
    call = getattr(os, name, None)
    if call is None:
        continue
    try:
        result = call(*args)
    except (OSError, ValueError):
        continue
    if name in ('unshare', 'setns', 'memfd_create', 'openpty', 'eventfd'):
        raise Exception('LEAK:%s gave %r' % (name, result))
