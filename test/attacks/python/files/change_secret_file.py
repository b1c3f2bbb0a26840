# leak: deletes, overwrites, truncates and opens up the host's secret file. Escape: the file changed.
import os

path = '@SECRET_FILE@'
for way in (
    lambda: open(path, 'r+').write('changed'),
    lambda: open(path, 'a').write('changed'),
    lambda: os.truncate(path, 0),
    lambda: os.chmod(path, 0o777),
    lambda: os.chown(path, 1, 1),
    lambda: os.utime(path, (0, 0)),
    lambda: os.rename(path, path + '.moved'),
    lambda: os.unlink(path),
    lambda: os.rmdir('@SECRET_DIR@'),
):
    try:
        way()
    except OSError:
        pass
