# hold: gives the compiler expressions that take it long. Escape: the judge waits for it.
for text in (
    'lambda: ' * 90 + '1',
    '+'.join(['x'] * 200_000),
    'f(' * 90 + ')' * 90,
    '\n'.join('if x%d:\n pass' % i for i in range(100_000)),
    '{**' * 80 + '{}' + '}' * 80,
    'x' + '[0]' * 100_000,
    ' and '.join(['(a or b)'] * 20_000),
):
    try:
        compile(text, 'x', 'exec')
    except (SyntaxError, RecursionError, MemoryError):
        pass
while True:
    compile('+'.join(['x'] * 50_000), 'x', 'eval')
