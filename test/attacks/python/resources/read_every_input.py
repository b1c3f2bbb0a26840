# hold: reads standard input by each call until it ends. Escape: the judge waits, or the channel to the worker loses bytes.
# indexes: 8
import getpass
import os
import select
import sys

[
    lambda: sys.stdin.read(),
    lambda: sys.__stdin__.readline(),
    lambda: os.read(0, 10**6),
    lambda: open('/dev/stdin').read(),
    lambda: open('/dev/tty').read(),
    lambda: open(0, closefd=False).read(),
    lambda: getpass.getpass(),
    lambda: select.select([0], [], []),
][int('@INDEX@')]()
