# leak: reads a secret file of the host by its absolute path. Escape: LEAK with its contents.
text = open('@SECRET_FILE@').read()
raise Exception('LEAK:' + text[:40])
