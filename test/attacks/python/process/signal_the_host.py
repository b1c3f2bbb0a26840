# leak: signals the judge's process, its parent and every process. Escape: LEAK with the id that took signal 0.
import os
import signal

for pid in (int('@PID@'), int('@PPID@'), 1, -1):
    for send in (os.kill, getattr(os, 'killpg', os.kill)):
        try:
            send(pid, 0)
        except (OSError, ValueError):
            continue
        if pid != os.getpid():
            raise Exception('LEAK:signal reached %d' % pid)
for call in ('pidfd_open', 'pidfd_send_signal'):
    if hasattr(os, call):
        try:
            raise Exception('LEAK:%s gave %r' % (call, getattr(os, call)(int('@PID@'))))
        except (OSError, TypeError):
            pass
signal.raise_signal(0)
