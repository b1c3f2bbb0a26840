# hold: drops a module where Python looks for modules. Escape: the next answer can import it.
import importlib
import os
import sys

for folder in ('/tmp', '/home/pyodide', '/lib/python3.14/site-packages', '/lib/python3.14', '/lib', '/', '.', '/dev/shm', '/proc/self'):
    for name in ('evil.py', 'math.py', 'sitecustomize.py', 'evil.pth'):
        try:
            with open(os.path.join(folder, name), 'w') as file:
                file.write('import sys\nsys._r = 1\n')
        except OSError:
            pass
    try:
        os.makedirs(folder + '/evil')
    except OSError:
        pass
    sys.path.insert(0, folder)
importlib.invalidate_caches()
