# leak: mounts the host's folder into the box by NODEFS. Escape: LEAK with the secret, or a canary file.
import os
import sys

api = sys.modules.get('pyodide_js') or __import__('pyodide_js')
os.makedirs('/tmp/host', exist_ok=True)
api.mountNodeFS('/tmp/host', '@SECRET_DIR@')
raise Exception('LEAK:' + str(os.listdir('/tmp/host')))
