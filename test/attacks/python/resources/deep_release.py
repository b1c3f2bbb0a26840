# hold: builds values that recurse when they are freed. Escape: the judge overflows when it drops the answer.
def nest(make, depth):
    value = None
    for _ in range(depth):
        value = make(value)
    return value


class Node:
    def __init__(self, inner):
        self.inner = inner


for make in (lambda v: (v,), lambda v: [v], lambda v: {1: v}, lambda v: iter([v]), Node, lambda v: (lambda: v), lambda v: map(v, [])):
    value = nest(make, 200_000)
    del value


def f(x):
    return nest(lambda v: (v,), 200_000)
