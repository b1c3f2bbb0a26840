# hold: asks the host for gigabytes of random bytes, which no watchdog of the interpreter can interrupt. Escape: the judge waits for them.
# ends: timeout limit exception
import os

while True:
    os.urandom(2**28)
