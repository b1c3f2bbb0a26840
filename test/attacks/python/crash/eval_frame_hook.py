# hold: installs another evaluation function, code watchers, type watchers and vectorcall functions. Escape: they run in the next answer.
import _testcapi
import _testinternalcapi

seen = []
for act in (
    lambda: _testinternalcapi.set_eval_frame_record(seen),
    lambda: _testcapi.add_code_watcher(0),
    lambda: _testcapi.add_func_watcher(0),
    lambda: _testcapi.add_type_watcher(1),
    lambda: _testcapi.watch_type(0, int),
    lambda: _testcapi.function_setvectorcall(print),
    lambda: _testcapi.toggle_reftrace_printer(True),
    lambda: _testinternalcapi.set_vectorcall_nop(len),
    lambda: _testcapi.config_set('int_max_str_digits', 0),
):
    try:
        act()
    except BaseException:
        pass
