# hold: uses CPython's own functions for crashing itself. Escape: the worker dies without a verdict.
import faulthandler

for name in ('_read_null', '_sigfpe', '_fatal_error_c_thread', '_stack_overflow', '_sigabrt', '_sigsegv'):
    call = getattr(faulthandler, name, None)
    if call:
        try:
            call()
        except BaseException:
            pass
