# hold: runs an event loop that never ends. Escape: the judge waits for it, or the loop goes on in the next answer.
import asyncio


async def forever():
    while True:
        await asyncio.sleep(0)


async def group():
    async with asyncio.TaskGroup() as tasks:
        for _ in range(100):
            tasks.create_task(forever())


for run in (
    lambda: asyncio.new_event_loop().run_until_complete(group()),
    lambda: asyncio.get_event_loop().run_forever(),
    lambda: asyncio.run(group()),
):
    try:
        run()
    except (RuntimeError, NotImplementedError, ImportError, AttributeError):
        pass
