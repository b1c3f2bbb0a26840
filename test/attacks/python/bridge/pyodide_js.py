# leak: uses the pyodide object itself: its file system, module and loader. Escape: LEAK with anything of it.
import pyodide_js

raise Exception('LEAK:' + str(pyodide_js.FS.readdir('/')) + str(pyodide_js._module) + str(pyodide_js.version))
