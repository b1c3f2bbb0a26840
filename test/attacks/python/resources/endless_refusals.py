# hold: asks for refused calls as fast as it can. Escape: the host's record of them grows without end.
# ends: timeout limit
import os

while True:
    try:
        os.mkdir('/tmp/x')
    except OSError:
        pass
