# leak: reads the secret file through every layer below and beside open(). Escape: LEAK with its contents.
import _io
import fileinput
import importlib.machinery
import io
import linecache
import os
import posix
import runpy
import shutil
import tokenize

secret = '@SECRET_FILE@'


def by_fd(opened):
    fd = opened(secret, os.O_RDONLY)
    return os.read(fd, 100)


ways = [
    lambda: by_fd(os.open),
    lambda: by_fd(posix.open),
    lambda: io.FileIO(secret).read(),
    lambda: _io.open_code(secret).read(),
    lambda: __import__('_pyio').open(secret, 'rb').read(),
    lambda: ''.join(linecache.getlines(secret)),
    lambda: ''.join(fileinput.input(secret)),
    lambda: tokenize.open(secret).read(),
    lambda: importlib.machinery.SourceFileLoader('x', secret).get_data(secret),
    lambda: runpy.run_path(secret),
    lambda: shutil.copyfile(secret, '/tmp/copy') and open('/tmp/copy').read(),
    lambda: os.sendfile(1, os.open(secret, os.O_RDONLY), 0, 100),
    lambda: __import__('mmap').mmap(os.open(secret, os.O_RDONLY), 0, prot=1)[:],
    lambda: os.pread(os.open(secret, os.O_RDONLY | os.O_NONBLOCK), 100, 0),
    lambda: __import__('sqlite3').connect('file:' + secret + '?mode=ro', uri=True).execute('select 1').fetchall(),
    lambda: __import__('zipimport').zipimporter(secret),
]
for way in ways:
    try:
        data = way()
    except SyntaxError as error:
        # runpy shows the line that it could not compile
        raise Exception('LEAK:' + repr(error))
    except Exception:
        continue
    if data:
        raise Exception('LEAK:' + repr(data)[:80])
