# hold: changes library classes and the caches of abstract classes. Escape: the next answer uses them.
import collections
import collections.abc
import enum
import fractions
import functools
import random
import typing

collections.UserDict.__getitem__ = collections.Counter.__getitem__ = lambda self, key: 'POISON'
collections.ChainMap.get = None
fractions.Fraction.__add__ = lambda a, b: 0
functools.partialmethod.__get__ = None
collections.abc.Sequence.register(int)
collections.abc.Iterable.register(int)
collections.abc.Hashable.register(list)
enum.Enum.__eq__ = lambda a, b: True
random.Random.randrange = lambda self, *a: 4
typing.Any = int
