# leak: has JavaScript load node:fs and read the secret. Escape: LEAK with its contents, or a canary file.
from pyodide.code import run_js

text = """
(() => {
  const fs = globalThis.process?.getBuiltinModule?.('fs') ?? globalThis.require?.('fs')
  fs.writeFileSync('@CANARY_DIR@/canary_js', 'x')
  return fs.readFileSync('@SECRET_FILE@', 'utf8')
})()
"""
raise Exception('LEAK:' + str(run_js(text)))
