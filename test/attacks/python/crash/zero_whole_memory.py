# hold: overwrites the interpreter's whole memory through the forged bytearray, inside the called function. Escape: the worker dies, the judge calls it its own fault, or the next answer fails.
# with: whole_memory
import struct


memory = whole_memory()
noise = b'\xa5' * 2**20


def f(x):
    if x == 1:
        return 2
    for start in range(0, 2**31, 2**20):
        memory[start : start + 2**20] = noise
    return x + 1
