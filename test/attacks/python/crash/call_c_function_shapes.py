# leak: makes CPython call the wrong kind of C function: one that wants other numbers of arguments, 64-bit integers or floats. Escape: a host effect, or the judge calls it its own fault.
# with: whole_memory
# indexes: 8
import _testcapi
import math
import struct
import time

memory = whole_memory()
number = int('@INDEX@')
M_ML, ML_METH, ML_FLAGS = 8, 4, 8


def method(function):
    return struct.unpack_from('<I', memory, id(function) + M_ML)[0] + ML_METH


def put(function, other):
    struct.pack_into('<I', memory, method(function), struct.unpack_from('<I', memory, method(other))[0])


pairs = [(len, math.sqrt), (len, print), (len, time.time), (math.sqrt, len), (print, len), (iter, _testcapi.getargs_K),
         (sorted, time.sleep), (repr, _testcapi.crash_no_current_thread)]
target, other = pairs[number]
put(target, other)


def f(x):
    for args in ((), (x,), (x, x), ('a',)):
        try:
            target(*args)
        except TypeError:
            pass
    return x + 1
