# hold: drives coroutines by hand without end inside the called function. Escape: the judge waits for it.
# ends: timeout
import types


@types.coroutine
def step():
    yield


async def forever():
    while True:
        await step()


def f(x):
    task = forever()
    while True:
        task.send(None)
