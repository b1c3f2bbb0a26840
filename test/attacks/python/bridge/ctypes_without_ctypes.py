# leak: takes _ctypes itself and calls addresses of functions that Python knows. Escape: LEAK with the value, or a canary file.
# indexes: 8
import _ctypes


class Function(_ctypes.CFuncPtr):
    _flags_ = 1
    _restype_ = _ctypes.PyObj_FromPtr


value = [
    lambda: _ctypes.dlopen(None, 0),
    lambda: _ctypes.dlsym(0, 'system'),
    lambda: _ctypes.call_function(1, (b'touch @CANARY_DIR@/canary_call',)),
    lambda: _ctypes.call_cdeclfunction(1, ()),
    lambda: Function(100)(),
    lambda: Function(lambda *a: 1)(),
    lambda: Function(('system', None))(b'touch @CANARY_DIR@/canary_call'),
    lambda: _ctypes.dlopen('/lib/python314.zip', 2),
][int('@INDEX@')]()
raise Exception('LEAK:' + repr(value))
