# leak: looks for the host's folder names in everything that Python knows about itself. Escape: LEAK with the attribute.
import os
import site
import sys
import sysconfig

host = '@CWD@'
for module in (sys, os, site, sysconfig):
    for name, value in list(vars(module).items()):
        if name not in ('modules',) and host in str(value):
            raise Exception('LEAK:%s.%s holds %s' % (module.__name__, name, host))
for module in list(sys.modules.values()):
    if host in str(getattr(module, '__file__', '')) or host in str(getattr(module, '__spec__', '')):
        raise Exception('LEAK:path of ' + module.__name__)
if host in os.getcwd() or host in os.path.expanduser('~'):
    raise Exception('LEAK:current folder')
