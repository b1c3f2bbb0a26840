# leak: installs a package from the network, through micropip, pip and pyodide's own loader. Escape: a connection to the listener, or LEAK.
import asyncio

for install in (
    lambda: __import__('micropip').install('http://127.0.0.1:@PORT@/x-1-py3-none-any.whl'),
    lambda: __import__('pip')._internal.main(['install', '--index-url', 'http://127.0.0.1:@PORT@/', 'x']),
    lambda: __import__('ensurepip').bootstrap(),
    lambda: __import__('pyodide_js').loadPackage('numpy'),
    lambda: __import__('pyodide._package_loader')._package_loader.load_package,
    lambda: __import__('pyodide.code').code.run_js('pyodide.loadPackage("numpy")'),
):
    try:
        result = install()
        if hasattr(result, 'send'):
            result.send(None)
    except (ImportError, AttributeError, OSError, StopIteration, RuntimeError):
        continue
