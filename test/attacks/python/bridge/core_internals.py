# leak: calls pyodide's C core from Python, a function or type at a time. Escape: LEAK with what it gave.
# indexes: 24
import _pyodide_core

names = sorted(name for name in dir(_pyodide_core) if not name.startswith('__'))
part = getattr(_pyodide_core, names[int('@INDEX@') % len(names)])
for args in (('process.pid',), (), (1,), ({},), ('globalThis', 'process')):
    try:
        value = part(*args)
    except (TypeError, ValueError, AttributeError, SystemError):
        continue
    try:
        raise Exception('LEAK:%s %s' % (names, value.constructor.constructor('return process.pid')()))
    except (AttributeError, TypeError):
        pass
