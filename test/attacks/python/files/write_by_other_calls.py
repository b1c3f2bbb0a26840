# leak: creates, renames and links files on the host by every other call. Escape: any of the files.
import os
import pathlib
import shutil
import tempfile
import zipfile

here = '@CANARY_DIR@/'
for way in (
    lambda: os.close(os.open(here + 'canary_open', os.O_WRONLY | os.O_CREAT)),
    lambda: os.close(os.open(here + 'canary_rdonly', os.O_RDONLY | os.O_CREAT | os.O_TRUNC)),
    lambda: os.mkdir(here + 'canary_folder'),
    lambda: os.makedirs(here + 'canary_a/b/c'),
    lambda: os.symlink('/etc/passwd', here + 'canary_symlink'),
    lambda: os.rename('/lib/python314.zip', here + 'canary_rename'),
    lambda: os.mkfifo(here + 'canary_fifo'),
    lambda: os.mknod(here + 'canary_node'),
    lambda: pathlib.Path(here + 'canary_touch').touch(),
    lambda: shutil.copyfile('/lib/python314.zip', here + 'canary_copy'),
    lambda: tempfile.NamedTemporaryFile(dir=here, prefix='canary_', delete=False),
    lambda: zipfile.ZipFile(here + 'canary_zip', 'w').writestr('a', 'b'),
    lambda: __import__('shelve').open(here + 'canary_shelf'),
    lambda: __import__('sqlite3').connect(here + 'canary_sql').execute('create table t (a)'),
    lambda: __import__('faulthandler').dump_traceback(open(here + 'canary_fault', 'w')),
    lambda: __import__('tracemalloc').take_snapshot().dump(here + 'canary_trace'),
):
    try:
        way()
    except Exception:
        pass
