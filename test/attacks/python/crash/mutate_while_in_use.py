# hold: known ways to confuse the interpreter: changing a list while it sorts, a dictionary while it grows, a class while it is looked up. Escape: the worker dies or the next answer fails.
values = []
table = {}
room = bytearray(100)


class Evil:
    def __init__(self, n):
        self.n = n

    def __lt__(self, other):
        values.clear()
        values.extend(range(1000))
        return True

    def __eq__(self, other):
        table.clear()
        return True

    def __hash__(self):
        return 1

    def __index__(self):
        room.clear()
        return 3


class Flip:
    pass


class Flop:
    def __del__(self):
        self.__class__ = Flip
        again.append(self)


again = []
values.extend(Evil(i) for i in range(50))
for act in (
    lambda: values.sort(),
    lambda: table.update({Evil(i): i for i in range(20)}),
    lambda: table[Evil(3)],
    lambda: table.__setitem__(Evil(4), Evil(5)),
    lambda: room.__setitem__(Evil(0), 5),
    lambda: room.insert(Evil(0), 5),
    lambda: min(values),
    lambda: type('C', (), {'__getattribute__': lambda s, n: delattr(type(s), '__getattribute__')})().x,
    lambda: [Flop() for _ in range(100)],
    lambda: room.__init__(iter(lambda: room.append(1) or 1, 2)),
):
    try:
        act()
    except Exception:
        pass
