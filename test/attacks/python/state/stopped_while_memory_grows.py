# hold: grows memory at the very moment when the time limit stops it, between the growth and what the host must do after one. Escape: the host keeps views of the old memory, and later answers find no files.
# indexes: 12
# ends: timeout
import time

# A thread's clock runs about as long as the judge's, which started a little earlier.
end = time.perf_counter() + float('@WALL_MS@') / 1000 - 0.0003 * int('@INDEX@')
while time.perf_counter() < end:
    pass
block = bytearray(60 * 2**20)
while True:
    pass
