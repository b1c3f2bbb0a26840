# hold: leaves context variables, event loops and their policies behind. Escape: the next answer finds them.
import asyncio
import contextvars

contextvars.ContextVar('evil').set(1)
for act in (
    lambda: asyncio.set_event_loop(asyncio.new_event_loop()),
    lambda: asyncio._set_running_loop(object()),
    lambda: asyncio.set_event_loop_policy(None),
    lambda: asyncio.new_event_loop().call_later(0.1, lambda: 1 / 0),
):
    try:
        act()
    except Exception:
        pass
