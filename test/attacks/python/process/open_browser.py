# leak: has the web browser module, the breakpoint hook and other starters of programs run a command. Escape: a canary file, or LEAK.
# indexes: 5
import os
import webbrowser

command = 'touch @CANARY_DIR@/canary_browser'
os.environ['BROWSER'] = command + ' %s'
os.environ['PYTHONBREAKPOINT'] = 'os.system'
os.environ['PAGER'] = os.environ['EDITOR'] = command
result = [
    lambda: webbrowser.open('http://127.0.0.1:@PORT@/'),
    lambda: webbrowser.GenericBrowser(command.split()).open('x'),
    lambda: breakpoint(command) == 0,
    lambda: __import__('pydoc').pipepager('x', command),
    lambda: __import__('antigravity'),
][int('@INDEX@')]()
if result:
    raise Exception('LEAK:started')
