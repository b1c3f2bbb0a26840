# leak in tests: hostile tests import JavaScript, read the secret and run a shell. Escape: LEAK, or a canary file.
# indexes: 8
def check(candidate):
    import os
    import socket

    value = [
        lambda: __import__('js').process.pid,
        lambda: open('@SECRET_FILE@').read(),
        lambda: open('@CANARY_DIR@/canary_tests', 'w'),
        lambda: os.environ['@SECRET_NAME@'],
        lambda: socket.create_connection(('127.0.0.1', int('@PORT@')), 1),
        lambda: os.system('touch @CANARY_DIR@/canary_tests'),
        lambda: __import__('_ctypes').dlopen(None, 0),
        lambda: os.kill(int('@PID@'), 0),
    ][int('@INDEX@')]()
    raise ValueError('LEAK:%r' % (value,))
