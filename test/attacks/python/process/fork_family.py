# leak: forks by every call that can. Escape: LEAK with a child's process id, or a canary file.
# indexes: 4
import multiprocessing
import os
import pty

if int('@INDEX@') == 3:
    child = multiprocessing.Process(target=open, args=('@CANARY_DIR@/canary_fork', 'w'))
    child.start()
    child.join(1)
fork = [os.fork, getattr(os, 'forkpty', os.fork), pty.fork, os.fork][int('@INDEX@')]
raise Exception('LEAK:forked %r' % (fork(),))
