# leak: reads the environment and memory map of every process from /proc. Escape: LEAK with the path that could be read.
import glob

paths = glob.glob('/proc/[0-9]*/environ') + ['/proc/self/environ', '/proc/self/maps', '/proc/self/mem', '/proc/@PID@/cmdline']
for path in paths:
    try:
        data = open(path, 'rb').read(4096)
    except OSError:
        continue
    if data:
        raise Exception('LEAK:' + path)
