# leak: reads the host's user list. Escape: LEAK with its first characters.
text = open('/etc/passwd').read()
raise Exception('LEAK:' + text[:40])
