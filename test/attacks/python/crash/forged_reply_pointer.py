# hold: returns, from beneath the judge's encoder, a bytes object whose size and address are lies. Escape: the host reads outside the interpreter's memory, waits, or calls it its own fault.
# with: whole_memory
# indexes: 6
import json
import struct

memory = whole_memory()
SIZE = 8  # offset of ob_size in a bytes object of 32-bit CPython


class Reply:
    def encode(self, *args):
        reply = bytes([50]) * 100
        keep.append(reply)
        size = [2**31 - 1, -5, 2**30, 16 * 2**20 + 1, 200 * 2**20, 10**8][int('@INDEX@')]
        struct.pack_into('<i', memory, id(reply) + SIZE, size)
        return reply


json.made = Reply()
json.dumps.__code__ = (lambda obj, *a, **k: __import__('json').made).__code__


def f(x):
    return x + 1
