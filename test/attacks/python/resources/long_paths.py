# hold: asks for paths of millions of folders. Escape: the host splits them into pieces and runs out of memory or time.
# indexes: 4
import os

number = int('@INDEX@')
path = ['/a', '../'][number % 2] * 10_000_000
ask = [os.stat, open][number // 2]
for _ in range(3):
    try:
        ask(path)
    except OSError:
        pass
