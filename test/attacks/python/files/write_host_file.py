# leak: creates a file on the host. Escape: the file.
open('@CANARY_DIR@/canary_write', 'w').write('x')
