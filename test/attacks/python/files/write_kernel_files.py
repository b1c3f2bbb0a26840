# leak: writes to /proc, /sys and /dev of the host. Escape: LEAK with the file that took the bytes.
for path, text in (
    ('/proc/sys/kernel/core_pattern', '|/bin/sh'),
    ('/proc/self/oom_score_adj', '1000'),
    ('/proc/@PID@/comm', 'pwned'),
    ('/proc/self/mem', 'x'),
    ('/sys/power/state', 'mem'),
    ('/etc/cron.d/x', '* * * * * root id'),
    ('/dev/shm/tunediff_canary', 'x'),
):
    try:
        with open(path, 'w') as file:
            file.write(text)
    except (OSError, ValueError):
        continue
    if open(path).read() != text and not path.startswith('/dev/shm'):
        raise Exception('LEAK:' + path)
