# leak: reads the host's environment variables. Escape: LEAK with a variable that the host set.
import os
import posix

for table in (os.environ, posix.environ, getattr(os, 'environb', {})):
    for name, value in dict(table).items():
        if 'TUNEDIFF_ATTACK' in str(name) or '@USER@' == str(value):
            raise Exception('LEAK:%s=%s' % (name, value))
if os.getenv('@SECRET_NAME@'):
    raise Exception('LEAK:' + os.getenv('@SECRET_NAME@'))
