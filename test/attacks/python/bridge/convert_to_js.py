# leak: crosses the bridge by value: to_js, create_proxy, destroy_proxies, JsException. Escape: LEAK with the process id.
from pyodide import ffi

for make in (
    lambda: ffi.to_js([1, 2, 3]),
    lambda: ffi.to_js({'a': 1}, dict_converter=lambda pairs: pairs),
    lambda: ffi.create_proxy(lambda: 1),
    lambda: ffi.create_once_callable(lambda: 1),
    lambda: ffi.JsException('Error', 'x').js_error,
    lambda: ffi.run_sync(None),
):
    try:
        thing = make()
        raise Exception('LEAK:' + str(thing.constructor.constructor('return process.pid')()))
    except (TypeError, AttributeError, RuntimeError, ValueError):
        pass
