# Follows every attack: a right answer that first looks whether anything of the attack is left, and prints what it
# finds, a line a part, to be compared with what it found in a fresh worker. earlier-answer-marker
import atexit
import builtins
import codecs
import collections.abc
import copyreg
import decimal
import gc
import json
import math
import os
import random
import re
import signal
import sys
import threading
import time
import warnings
import zlib

assert len([1, 2]) == 2 and isinstance(1, int) and math.sqrt(4) == 2 and re.match('a', 'a') and json.dumps(1) == '1'
assert sorted([2, 1]) == [1, 2] and sum([1, 2]) == 3 and abs(-1) == 1 and AssertionError.__mro__[1] is Exception
assert [1, 2, 3] == [n + 1 for n in (0, 1, 2)] and 7 - 1 == 6 and not isinstance(1, collections.abc.Sequence)
assert 'EVIL' not in os.environ and 'EVIL2' not in os.environ and not hasattr(sys, '_r')
assert sys.gettrace() is None and sys.getprofile() is None
for name in ('evil', 'js', 'pyodide_js'):
    try:
        __import__(name)
    except ImportError:
        continue
    raise SystemError(name + ' can be imported')
try:
    assert False
except AssertionError:
    pass


def names_of(module):
    for name, value in sorted(vars(module).items(), key=lambda item: str(item[0])):
        is_function = type(value).__name__ == 'function'
        mark = hash(value.__code__.co_code) if is_function else str(getattr(value, '__qualname__', ''))
        yield '%r:%s:%s' % (name, type(value).__name__, mark)


def files_under(folder):
    for path, folders, files in os.walk(folder):
        for name in files + folders:
            try:
                found = os.lstat(os.path.join(path, name))
                yield '%s/%s %o %d' % (path, name, found.st_mode, found.st_size)
            except OSError as error:
                yield '%s/%s %s' % (path, name, error)


def descriptors():
    for fd in range(300):
        try:
            yield '%d:%o' % (fd, os.fstat(fd).st_mode)
        except OSError:
            pass


with open('/lib/python314.zip', 'rb') as file:
    library = file.read()
opened = [open('/lib/python314.zip', 'rb') for _ in range(50)]
for file in opened:
    file.close()
facts = {
    'modules': sorted(map(str, sys.modules)),
    'environment': dict(os.environ),
    'folder': [os.getcwd(), sys.path, len(sys.meta_path), len(sys.path_hooks), sys.argv],
    'files': sorted(files_under('/')),
    'library': zlib.crc32(library),
    'descriptors': list(descriptors()),
    'limits': [sys.getrecursionlimit(), sys.getswitchinterval(), sys.get_int_max_str_digits(), sys.maxsize, list(sys.hash_info)],
    'hashes': [hash('abc'), hash(b'abc'), hash(1.5), hash((1, 'a'))],
    'numbers': [repr(0.1), '%.17g' % 0.1, str(1e22), repr(2**70), repr(decimal.getcontext()), str(decimal.Decimal(1) / 3)],
    'random': [hash(random.getstate()), random.random.__qualname__],
    'collector': [gc.isenabled(), gc.get_threshold(), gc.get_debug(), len(gc.callbacks), gc.get_freeze_count(), gc.garbage],
    'monitoring': [sys.monitoring.get_tool(tool) for tool in range(6)],
    'signals': [str(signal.getsignal(number)) for number in (2, 6, 11, 14, 15)],
    'registries': [len(warnings.filters), sorted(map(str, copyreg.dispatch_table)), repr(codecs.lookup_error('strict'))[:40]],
    'threads': [threading.active_count(), atexit._ncallbacks(), sys.get_asyncgen_hooks()],
    'streams': [sys.stdout.encoding, sys.stdout.errors, sys.stdout is sys.__stdout__, sys.stdin.read()],
    'hooks': [sys.excepthook.__name__, sys.displayhook.__name__, sys.unraisablehook.__name__, builtins.__import__.__name__],
    'time': [time.tzname, time.timezone],
    'layout': [sys.getallocatedblocks(), id([]), id(facts_here := object())],
    **{'names in ' + name: hash(tuple(names_of(__import__(name)))) for name in (
        'builtins', 'sys', 'math', 're', 'json', 'random', 'typing', 'collections', 'copy', 'string', 'decimal', 'fractions',
        'functools', 'itertools', 'os', 'io', 'enum', 'datetime', 'heapq', 'operator', 'bisect')},
}
for name, value in facts.items():
    text = repr(value)
    print(name, hash(text), text[:300])
sys.stdout.flush()


def f(x):
    return x + 1
