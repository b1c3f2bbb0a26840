# leak: runs a program and reads its output. Escape: a canary file, or LEAK with the output.
import subprocess

subprocess.run(['touch', '@CANARY_DIR@/canary_subprocess'])
out = subprocess.run(['id'], capture_output=True).stdout
raise Exception('LEAK:' + str(out))
