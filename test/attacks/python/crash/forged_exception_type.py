# hold: raises an exception whose type pointer and class name point outside memory or to text without end. Escape: the host reads outside the interpreter's memory, waits, or calls it its own fault.
# with: whole_memory
import struct


memory = whole_memory()


class Liar(Exception):
    pass


TP_NAME = 12  # offset of tp_name in a type object of 32-bit CPython
endless = b'n' * 10**7


def f(x):
    struct.pack_into('<I', memory, id(Liar) + TP_NAME, 0xFFFFFFF0 if x == 1 else id(endless) + 16)
    error = Liar('x')
    keep.append(error)
    if x == 2:
        struct.pack_into('<I', memory, id(error) + 4, 0xFFFFFFF0)
    raise error
