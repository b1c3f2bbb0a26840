# leak: provokes errors that come from JavaScript and reads file names of the host out of their text. Escape: LEAK with the text.
import traceback

host = '@CWD@'
texts = []
for provoke in (
    lambda: __import__('js').Object.new(1, 2),
    lambda: __import__('pyodide.code').code.run_js('throw new Error("x")'),
    lambda: __import__('pyodide.http').http.open_url('x'),
    lambda: __import__('pyodide.ffi').ffi.to_js(lambda: 1),
    lambda: __import__('socket').socket().connect(('127.0.0.1', 1)),
    lambda: open('/dev/tty'),
):
    try:
        provoke()
    except BaseException:
        texts.append(traceback.format_exc())
for text in texts:
    if host in text or 'node:internal' in text or 'pyodide.asm' in text:
        raise Exception('LEAK:' + text[-150:])
