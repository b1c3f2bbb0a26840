# hold: reads and writes at wild addresses through ctypes. Escape: the worker dies or the next answer fails.
import ctypes

try:
    ctypes.string_at(0xFFFFFFF0, 16)
except Exception:
    pass
ctypes.memset(0, 0, 2**31 - 1)
