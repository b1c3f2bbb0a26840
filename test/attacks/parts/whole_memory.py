# Put in front of programs that say so. A forged bytearray from address 0 to the end of the 32-bit address space, which is
# the interpreter's whole linear memory: LOAD_CONST does not check its index, so it reads past the constants of the code,
# to a pointer of ours in a bytes object, which leads to the forged object in another.
import dis as _dis
import struct as _struct

keep = []


def whole_memory():
    def target():
        pass

    header = bytes.__basicsize__ - 1
    consts = (b'anchor',)
    forged = _struct.pack('<IIiIIII', 1000, id(bytearray), 2**31 - 1, 0, 0, 0, 0)
    pointer = _struct.pack('<I', id(forged) + header)
    keep.append((consts, forged, pointer))
    index = ((id(pointer) + header - id(consts) - tuple.__basicsize__) & 0xFFFFFFFF) >> 2
    code = [_dis.opmap['RESUME'], 0]
    for shift in (24, 16, 8):
        code += [_dis.opmap['EXTENDED_ARG'], index >> shift & 255]
    code += [_dis.opmap['LOAD_CONST'], index & 255, _dis.opmap['RETURN_VALUE'], 0]
    target.__code__ = target.__code__.replace(co_code=bytes(code), co_consts=consts, co_stacksize=4)
    return target()


