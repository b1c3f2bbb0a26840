# leak: imports the ffi modules afresh, so that their module code runs again in the box. Escape: LEAK with the process id.
import importlib
import sys

for name in [n for n in sys.modules if n.startswith(('pyodide', '_pyodide', 'js'))]:
    sys.modules.pop(name)
for name in ('js', 'pyodide', 'pyodide.ffi', 'pyodide.ffi.wrappers', 'pyodide._run_js', 'pyodide.webloop',
             'pyodide.http', 'pyodide.console', 'pyodide._nodesock_transport', '_pyodide_core'):
    try:
        module = importlib.import_module(name)
    except Exception:
        continue
    for part in [module, *getattr(module, '__dict__', {}).values()]:
        if type(part).__name__ == 'JsProxy':
            try:
                raise Exception('LEAK:%s %s' % (name, part.constructor.constructor('return process.pid')()))
            except (AttributeError, TypeError):
                pass
