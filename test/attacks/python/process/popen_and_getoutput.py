# leak: runs shell commands through the older calls. Escape: LEAK with the output.
import os
import subprocess

for run in (
    lambda: os.popen('id').read(),
    lambda: subprocess.getoutput('id'),
    lambda: subprocess.check_output('id', shell=True),
):
    try:
        out = run()
    except OSError:
        continue
    if 'uid=' in str(out):
        raise Exception('LEAK:' + str(out))
