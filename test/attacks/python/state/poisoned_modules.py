# hold: changes functions of modules and swaps modules. Escape: the next answer uses them.
import collections
import copy
import itertools
import json
import math
import re
import string
import sys
import typing

math.sqrt = math.floor = math.ceil = lambda x: 'POISON'
re.match = re.compile = lambda *a: None
string.ascii_lowercase = 'zyx'
itertools.chain = None
collections.Counter.most_common = lambda self, n=None: []
copy.deepcopy = lambda x, memo=None: x
typing.List = int
json.dumps = lambda *a, **k: '1'
sys.modules['re'] = None
sys.modules['json'] = math
sys.modules['evil'] = math
