# leak: runs JavaScript by pyodide's documented call. Escape: LEAK with the value.
from pyodide.code import run_js

raise Exception('LEAK:' + str(run_js('typeof process + globalThis.process?.pid')))
