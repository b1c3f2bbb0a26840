# hold: returns containers that grow while they are read. Escape: encoding never ends.
class Key(int):
    def __index__(self):
        table[len(table)] = 1
        items.append(Key(1))
        return 1

    __int__ = __hash__ = __repr__ = __index__

    def __eq__(self, other):
        return False


class Growing(list):
    def __iter__(self):
        for item in list.__iter__(self):
            self.append(item)
            yield item


table = {}
items = [Key(1)]


def f(x):
    return [Growing([1]), items, {Key(3): items}, set(items)]
