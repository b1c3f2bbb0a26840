# hold: recurses through attribute lookup, sorting keys, formatting, descriptors, map and functools, with no limit. Escape: the worker dies or the next answer fails.
import functools
import sys

sys.setrecursionlimit(2**31 - 1)


class Mirror:
    def __getattr__(self, name):
        return getattr(self, name + 'x')

    def __repr__(self):
        return '%r' % self

    def __lt__(self, other):
        return sorted([self, other])

    def __format__(self, spec):
        return f'{self}'

    def __len__(self):
        return len(self)

    def __iter__(self):
        return iter(list(self))


mirror = Mirror()


@functools.lru_cache(maxsize=None)
def cached(n):
    return cached(n + 1)


def by_map(n):
    return list(map(by_map, [n + 1]))


for way in (
    lambda: mirror.a,
    lambda: repr(mirror),
    lambda: sorted([mirror, mirror]),
    lambda: format(mirror, 'x'),
    lambda: len(mirror),
    lambda: list(mirror),
    lambda: cached(0),
    lambda: by_map(0),
    lambda: functools.reduce(lambda a, b: by_map(a), [1, 2]),
):
    try:
        way()
    except (RecursionError, MemoryError):
        pass
