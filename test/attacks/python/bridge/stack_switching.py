# leak: leaves the call in the middle by waiting for a promise, so that the host goes on without the answer. Escape: the answer passes or the judge waits.
from pyodide.ffi import can_run_sync, run_sync

import asyncio


def f(x):
    if can_run_sync():
        run_sync(asyncio.sleep(1000))
    asyncio.get_event_loop().run_until_complete(asyncio.sleep(1000))
    raise RuntimeError('woke up')
