# leak: attaches to the host by CPython's remote debugging module. Escape: LEAK with a stack or memory of another process.
import _remote_debugging

for pid in (int('@PID@'), 1):
    try:
        raise Exception('LEAK:%r' % (_remote_debugging.RemoteUnwinder(pid).get_stack_trace(),))
    except (OSError, RuntimeError, PermissionError, ValueError, NotImplementedError):
        pass
