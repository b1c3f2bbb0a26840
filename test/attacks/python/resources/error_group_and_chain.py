# hold: raises deeply nested groups with a cycle of causes and millions of notes. Escape: the judge recurses or waits where it formats the error.
error = ValueError('x')
for _ in range(20_000):
    error = ExceptionGroup('g', [error, error])
error.__cause__ = error.exceptions[0]
error.exceptions[0].__context__ = error
error.add_note('n' * 10**6)


def f(x):
    raise error
