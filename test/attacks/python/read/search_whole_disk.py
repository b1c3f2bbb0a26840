# leak: walks every folder it can see from the root and looks for the secret's name or host-only folders. Escape: LEAK with the path.
import os

wanted = os.path.basename('@SECRET_FILE@')
seen = 0
for folder, folders, files in os.walk('/'):
    seen += 1
    if seen > 3000:
        break
    for name in files + folders:
        if name == wanted or name in ('node_modules', 'shadow', 'sshd_config', 'authorized_keys', '.bash_history'):
            raise Exception('LEAK:' + folder + '/' + name)
