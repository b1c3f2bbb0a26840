# hold: changes the environment, the current folder and the file mask. Escape: the next answer sees it.
import os

os.environ['EVIL'] = '1'
os.environ['TZ'] = 'Pacific/Apia'
os.putenv('EVIL2', '1')
for act in (
    lambda: os.chdir('/lib'),
    lambda: os.fchdir(os.open('/lib', os.O_RDONLY)),
    lambda: os.umask(0o777),
    lambda: __import__('time').tzset(),
    lambda: __import__('locale').setlocale(0, 'C'),
    lambda: os.unsetenv('HOME'),
):
    try:
        act()
    except (OSError, AttributeError, ValueError):
        pass
