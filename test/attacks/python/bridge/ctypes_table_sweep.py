# leak: calls function pointers by number through ctypes, hoping for one that leads to JavaScript. Escape: a host effect.
import ctypes

shape = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)
for index in range(1, 14174, 7):
    try:
        shape(index)(0)
    except Exception:
        pass
