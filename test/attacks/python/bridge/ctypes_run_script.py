# leak: finds the C functions that run JavaScript. Escape: LEAK with the name that answered.
import ctypes

library = ctypes.CDLL(None)
for name in ('emscripten_run_script', 'emscripten_run_script_int', 'emscripten_asm_const_int', '_emscripten_system',
             'run_js', 'JsvFunction_CallBound', 'hiwire_new', 'emscripten_console_log', 'pyodide_js_init'):
    found = getattr(library, name, None)
    if found is not None:
        raise Exception('LEAK:%s gave %s' % (name, found(b'globalThis.PWNED = 1')))
