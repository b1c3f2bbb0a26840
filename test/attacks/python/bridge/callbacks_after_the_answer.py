# leak: schedules work for the host's event loop, to run after this answer was put away. Escape: LEAK or a canary file later.
# indexes: 4
import asyncio


def later():
    import js

    js.process.getBuiltinModule('fs').writeFileSync('@CANARY_DIR@/canary_later', 'x')


schedule = [
    lambda: __import__('pyodide.webloop').webloop.scheduleCallback(later, 50),
    lambda: __import__('pyodide.webloop').webloop.WebLoop().call_later(0.05, later),
    lambda: asyncio.get_event_loop().call_soon(later),
    lambda: asyncio.ensure_future(asyncio.sleep(0.05)).add_done_callback(lambda _: later()),
][int('@INDEX@')]
schedule()
