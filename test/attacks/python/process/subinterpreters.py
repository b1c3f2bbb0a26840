# leak: makes subinterpreters, which own fresh modules and builtins, and looks for JavaScript and files from there. Escape: LEAK, or a canary file.
# indexes: 6
import _testcapi
import _testinternalcapi

write = "open('@CANARY_DIR@/canary_subinterpreter', 'w').write('x')"
hunt = 'import js\njs.process.getBuiltinModule("fs").writeFileSync("@CANARY_DIR@/canary_subinterpreter", "x")'


def new_interpreter(text):
    made = _testinternalcapi.create_interpreter()
    return _testinternalcapi.exec_interpreter(made, text)


[
    lambda: _testcapi.run_in_subinterp(write),
    lambda: _testcapi.run_in_subinterp(hunt),
    lambda: new_interpreter(write),
    lambda: new_interpreter(hunt),
    lambda: __import__('_interpreters').exec(__import__('_interpreters').create(), write),
    lambda: __import__('concurrent.futures').futures.InterpreterPoolExecutor(1).submit(open, '@CANARY_DIR@/canary_pool', 'w').result(),
][int('@INDEX@')]()
