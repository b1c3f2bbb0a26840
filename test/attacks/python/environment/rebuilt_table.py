# leak: has C rebuild its environment table and reads it again. Escape: LEAK with a variable that the host set.
import importlib
import os
import sys

os.putenv('X', '1')
for name in ('posix', 'os'):
    sys.modules.pop(name)
posix = importlib.import_module('posix')
os = importlib.import_module('os')
for table in (os.environ, posix.environ):
    for name, value in dict(table).items():
        if 'TUNEDIFF_ATTACK' in str(name):
            raise Exception('LEAK:%s=%s' % (name, value))
