# leak: makes a symbolic and a hard link to the secret inside the box's own folder. Escape: LEAK with its contents.
import os

for make in (os.symlink, getattr(os, 'link', None)):
    try:
        make('@SECRET_FILE@', '/tmp/shortcut')
        data = open('/tmp/shortcut').read()
    except (OSError, TypeError):
        continue
    raise Exception('LEAK:' + data[:40])
