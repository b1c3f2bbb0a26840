# leak: changes the prototypes that the judge's own JavaScript uses. Escape: LEAK, or a property on Object.prototype.
from pyodide.code import run_js

run_js('Object.prototype.polluted = 1; Array.prototype.push = () => 0; JSON.stringify = () => "{}"')
raise Exception('LEAK:ran JavaScript')
