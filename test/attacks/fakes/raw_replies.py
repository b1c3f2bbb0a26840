# fake of square_root: sends replies that no encoder makes, from beneath it: not JSON, unknown kinds, unhashable keys, empty, very deep. Escape: pass, or unjudged.
# indexes: 23
import json

replies = [b'', b'[', b'{}', b'nonsense', b'\xff\xfe3\x00', b'{"x": 3}', b'{"i": "0x3", "t": []}', b'{"s": [{"s": [[]]}]}', b'[' * 100000,
           b'{"d": [[[], 3]]}', b'{"d": {"__eq__": 3}}', b'{"o": 3}', b'{"pass": true}', b'{"kind": "pass"}', b'=3', b'{"r": [0, 1, 0]}',
           b'{"b": "0"}', b'{"c": [1, 2]}', b'{"u": "ff"}', b'{"i": "zz"}', b'1e999', b'NaN', b'{"t": 3}']


class Reply:
    def encode(self, *args):
        return replies[int('@INDEX@')]


json.made = Reply()
json.dumps.__code__ = (lambda obj, *a, **k: __import__('json').made).__code__


def square_root(n):
    return 3
