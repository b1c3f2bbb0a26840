# hold: returns iterators without end, generators and maps. Escape: encoding reads them.
import itertools


def f(x):
    return [itertools.count(), iter(int, 1), map(abs, itertools.count()), (n for n in itertools.repeat(1)), zip(itertools.count())]
