# leak: calls C's system() through ctypes. Escape: a canary file, or LEAK with exit status 0.
import ctypes

library = ctypes.CDLL(None)
if library.system(b'touch @CANARY_DIR@/canary_ctypes') == 0:
    raise Exception('LEAK:system by ctypes')
