# hold: writes past a block of memory and frees it twice. Escape: the worker dies or the next answer fails.
import _testcapi

for name in ('pymem_buffer_overflow', 'pymem_api_misuse', 'pymem_malloc_without_gil', 'pyobject_malloc_without_gil',
             'make_memoryview_from_NULL_pointer', 'getbuffer_with_null_view'):
    try:
        getattr(_testcapi, name)()
    except BaseException:
        pass
view = _testcapi.make_memoryview_from_NULL_pointer()
bytes(view)
