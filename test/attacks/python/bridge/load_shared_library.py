# leak: loads a WebAssembly library, so that new imports are linked: one that it writes, one of the host, one from the box's files. Escape: LEAK with the loaded module.
# indexes: 6
import _ctypes
import _imp
import importlib.machinery
import importlib.util

wasm = bytes.fromhex('0061736d01000000000d08646c696e6b2e3000')
path = ['/tmp/evil.so', '/lib/python3.14/lib-dynload/evil.so', '/usr/lib/x86_64-linux-gnu/libc.so.6', '/lib/python314.zip'][int('@INDEX@') % 4]
if int('@INDEX@') > 3:
    _ctypes.dlopen(path, 2)
    raise Exception('LEAK:opened')
try:
    open(path, 'wb').write(wasm)
except OSError:
    pass
loader = importlib.machinery.ExtensionFileLoader('evil', path)
module = _imp.create_dynamic(importlib.util.spec_from_loader('evil', loader))
raise Exception('LEAK:loaded %r' % module)
