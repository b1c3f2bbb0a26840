# leak: puts the import hook for JavaScript modules back and asks what it knows. Escape: LEAK with the process id.
import importlib
import sys

from _pyodide._importhook import JsFinder, jsfinder, register_js_finder

try:
    register_js_finder()
except RuntimeError:
    pass
for name, proxy in list(jsfinder.jsproxies.items()):
    try:
        raise Exception('LEAK:%s %s' % (name, proxy.process.pid))
    except (AttributeError, TypeError):
        pass
    sys.modules.pop(name, None)
    module = importlib.import_module(name)
    raise Exception('LEAK:imported %s %s' % (name, module.Object))
for finder in sys.meta_path:
    for value in vars(finder).values() if hasattr(finder, '__dict__') else ():
        if type(value).__name__ == 'JsProxy':
            raise Exception('LEAK:' + str(value.constructor))
