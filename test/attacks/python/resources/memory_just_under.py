# hold: grows to just under the limit, gives it back and raises, so that the worker is large but not over. Escape: the next answer fails or is slow.
# ends: exception
hoard = []
try:
    while True:
        hoard.append(bytearray(2**20))
except MemoryError:
    del hoard[-40:]
raise ValueError('grew and stopped')
