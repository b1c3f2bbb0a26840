# leak: opens devices and kernel files. Escape: LEAK with the device that gave bytes.
import os

for path in ('/dev/mem', '/dev/kmem', '/dev/kmsg', '/dev/sda', '/dev/vda', '/dev/pts', '/proc/kcore', '/proc/cpuinfo',
             '/proc/version', '/proc/net/tcp', '/proc/mounts', '/sys/class/net', '/sys/kernel', '/run', '/var/log'):
    try:
        data = os.listdir(path) if os.path.isdir(path) else os.read(os.open(path, os.O_RDONLY), 16)
    except OSError:
        continue
    if data:
        raise Exception('LEAK:%s %r' % (path, data))
