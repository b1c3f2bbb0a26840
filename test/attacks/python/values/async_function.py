# hold: gives a coroutine and an asynchronous generator where a value belongs. Escape: the judge awaits them.
async def f(x):
    while True:
        yield x + 1
