# hold: drops into pdb, the interactive console and the remote debugger. Escape: the judge waits for a person.
import code
import pdb
import sys

try:
    pdb.Pdb(stdin=sys.stdin).set_trace()
except BaseException:
    sys.settrace(None)
try:
    code.interact()
except BaseException:
    pass
try:
    sys.remote_exec(int('@PID@'), '/tmp/x.py')
except BaseException:
    pass
pdb.set_trace()
x = 1
