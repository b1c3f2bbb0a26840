# leak: takes the JavaScript modules that pyodide leaves in sys.modules instead of importing them. Escape: LEAK with the process id.
import sys

for name in list(sys.modules):
    module = sys.modules[name]
    if type(module).__name__ != 'JsProxy' and not name.startswith(('js', 'pyodide_js')):
        continue
    for way in (
        lambda: module.constructor.constructor('return process.pid')(),
        lambda: module.process.pid,
        lambda: module.globals,
        lambda: module._module,
    ):
        try:
            raise Exception('LEAK:%s %s' % (name, way()))
        except (AttributeError, TypeError, ImportError, SystemError, RuntimeError):
            pass
