# leak: uses CPython's own C test modules, which call into C without checks, to open files and run code. Escape: LEAK, or a canary file.
# indexes: 10
import _testcapi
import _testinternalcapi

value = [
    lambda: _testcapi.run_fileexflags('@SECRET_FILE@', 257, {}),
    lambda: _testcapi.pymarshal_write_long_to_file(1, '@CANARY_DIR@/canary_marshal', 4),
    lambda: _testcapi.pymarshal_write_object_to_file(1, '@CANARY_DIR@/canary_marshal', 4),
    lambda: _testcapi.py_fopen('@SECRET_FILE@', 'r'),
    lambda: _testcapi.py_fopen('@CANARY_DIR@/canary_fopen', 'w'),
    lambda: _testinternalcapi.write_perf_map_entry(1, 1, 'x'),
    lambda: _testcapi.run_in_subinterp("open('@CANARY_DIR@/canary_subinterp', 'w')"),
    lambda: _testcapi.run_in_subinterp('import js; js.process.getBuiltinModule("fs").writeFileSync("@CANARY_DIR@/canary_js", "x")'),
    lambda: _testinternalcapi.emscripten_set_up_async_input_device(),
    lambda: _testcapi.call_in_temporary_c_thread(lambda: open('@CANARY_DIR@/canary_thread', 'w')),
][int('@INDEX@')]()
if isinstance(value, bytes) and value:
    raise Exception('LEAK:' + repr(value))
