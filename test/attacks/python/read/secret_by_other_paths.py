# leak: reaches the secret file by links, dots, URLs and bytes instead of its plain path. Escape: LEAK with its contents.
import os

secret = '@SECRET_FILE@'
candidates = [
    '/proc/self/root' + secret,
    '/proc/1/root' + secret,
    '/proc/self/cwd/../../../../../..' + secret,
    '/./../..' + secret,
    '/' * 40 + secret,
    '/dev/fd/../../..' + secret,
    'file://' + secret,
    os.fsencode(secret),
    os.path.relpath(secret),
]
for path in candidates:
    try:
        data = open(path, 'rb').read()
    except (OSError, ValueError):
        continue
    raise Exception('LEAK:' + repr(data[:40]))
