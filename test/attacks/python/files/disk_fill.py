# hold: fills the disk. Escape: the disk or the judge's memory fills, or the next answer sees the file.
# ends: timeout limit exception violation
f_ = open('/tmp/fill', 'wb')
while True:
    f_.write(b'x' * 10**6)
