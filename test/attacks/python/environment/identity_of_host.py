# leak: asks for host name, user, process ids. Escape: LEAK with a true answer.
import getpass
import os
import platform
import socket

facts = {}
for name, ask in {
    'node': platform.node,
    'uname': lambda: os.uname().nodename,
    'host': socket.gethostname,
    'login': os.getlogin,
    'pid': lambda: str(os.getpid()),
    'parent': lambda: str(os.getppid()),
}.items():
    try:
        facts[name] = ask()
    except Exception:
        pass
true = {'node': '@HOST_NAME@', 'uname': '@HOST_NAME@', 'host': '@HOST_NAME@', 'pid': '@PID@', 'parent': '@PID@'}
for name, value in facts.items():
    if value == true.get(name):
        raise Exception('LEAK:%s is %s' % (name, value))
