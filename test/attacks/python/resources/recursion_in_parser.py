# hold: gives every parser of the library a text nested a hundred thousand deep. Escape: the worker dies or the next answer fails.
import ast
import json
import pickle
import re

deep = 10**5
for parse in (
    lambda: eval('(' * deep + ')' * deep),
    lambda: ast.parse('-' * deep + '1'),
    lambda: ast.literal_eval('[' * deep + ']' * deep),
    lambda: json.loads('[' * deep + ']' * deep),
    lambda: json.loads('{"a":' * deep + '1' + '}' * deep),
    lambda: pickle.loads(b'(' * deep + b't' * deep + b'.'),
    lambda: re.compile('(' * deep + ')' * deep),
    lambda: compile('x=' * deep + '1', 'x', 'exec'),
    lambda: __import__('xml.etree.ElementTree').etree.ElementTree.fromstring('<a>' * deep + '</a>' * deep),
    lambda: __import__('tomllib').loads('a=' + '[' * deep + ']' * deep),
):
    try:
        parse()
    except (RecursionError, MemoryError, SyntaxError, ValueError, Exception):
        pass
