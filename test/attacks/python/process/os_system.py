# leak: runs a shell command. Escape: a canary file, or LEAK with exit status 0.
import os

if os.system('touch @CANARY_DIR@/canary_system') == 0:
    raise Exception('LEAK:shell ran')
