# leak: replaces or spawns the process by exec and posix_spawn. Escape: a canary file.
import _posixsubprocess
import os

args = ['/usr/bin/touch', '@CANARY_DIR@/canary_exec']
for start in (
    lambda: os.posix_spawn(args[0], args, {}),
    lambda: os.spawnv(os.P_WAIT, args[0], args),
    lambda: os.execv(args[0], args),
    lambda: os.execvpe('touch', args, {}),
    lambda: _posixsubprocess.fork_exec(
        args, [args[0].encode()], True, (), None, None, -1, -1, -1, -1, -1, -1, -1, -1, True, False, 0, None, None, None, -1, None
    ),
):
    try:
        start()
    except (OSError, AttributeError, TypeError, ValueError, RuntimeError):
        pass
