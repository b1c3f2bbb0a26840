# hold: loops inside the comparison, hash and length of the value that it returns. Escape: the judge waits where it looks at the value.
class Slow:
    def forever(self, *args):
        while True:
            pass

    __eq__ = __hash__ = __len__ = __bool__ = __lt__ = __index__ = __float__ = __iter__ = __repr__ = __str__ = forever


class SlowInt(int):
    __eq__ = __hash__ = __index__ = __int__ = __repr__ = __str__ = __add__ = __format__ = Slow.forever


class SlowList(list):
    __eq__ = __iter__ = __len__ = __getitem__ = __repr__ = Slow.forever


class SlowDict(dict):
    __eq__ = __iter__ = __len__ = keys = items = values = __getitem__ = Slow.forever


def f(x):
    return [Slow(), SlowInt(2), SlowList([1]), SlowDict(a=1), {'k': (Slow(),)}]
