# hold: forks for ever. Escape: processes on the host.
import os

while True:
    os.fork()
