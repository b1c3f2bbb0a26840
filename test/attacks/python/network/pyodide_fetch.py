# leak: fetches by pyodide's own wrappers of fetch and XMLHttpRequest. Escape: a connection to the listener.
# indexes: 4
import asyncio

url = 'http://127.0.0.1:@PORT@/'
[
    lambda: __import__('pyodide.http').http.open_url(url).read(),
    lambda: __import__('pyodide.http').http.pyfetch(url).send(None),
    lambda: asyncio.get_event_loop().run_until_complete(__import__('pyodide.http').http.pyfetch(url)),
    lambda: __import__('pyodide._nodesock_transport'),
][int('@INDEX@')]()
