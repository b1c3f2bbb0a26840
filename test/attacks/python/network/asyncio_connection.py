# leak: connects by asyncio with each kind of loop. Escape: a connection to the listener.
# indexes: 4
import asyncio


async def connect():
    reader, writer = await asyncio.open_connection('127.0.0.1', int('@PORT@'))
    return await reader.read(10)


answer = [
    lambda: asyncio.new_event_loop().run_until_complete(connect()),
    lambda: asyncio.SelectorEventLoop().run_until_complete(connect()),
    lambda: asyncio.get_event_loop().run_until_complete(connect()),
    lambda: asyncio.run(connect()),
][int('@INDEX@')]()
raise Exception('LEAK:%r' % (answer,))
