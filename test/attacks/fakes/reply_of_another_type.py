# fake of square_root: sends, from beneath the encoder, a bytes subclass, a bytearray, an integer and nothing. Escape: pass, or unjudged.
# indexes: 6
import json


class Liar(bytes):
    def __eq__(self, other):
        return True

    def __len__(self):
        return 1


answers = [Liar(b'3' * 10), bytearray(b'3'), 3, None, '3', memoryview(b'3')]


class Reply:
    def encode(self, *args):
        return answers[int('@INDEX@')]


json.made = Reply()
json.dumps.__code__ = (lambda obj, *a, **k: __import__('json').made).__code__


def square_root(n):
    return 3
