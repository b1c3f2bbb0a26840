# hold: runs hundreds of random bytecodes with wrong stack sizes, jumps and exception tables. Escape: the worker dies, hangs or the next answer fails.
import random


def g():
    pass


dice = random.Random(7)
for _ in range(500):
    try:
        exec(
            g.__code__.replace(
                co_code=bytes(dice.randrange(256) for _ in range(2 * dice.randrange(1, 40))),
                co_stacksize=dice.randrange(0, 20),
                co_consts=(None, 1, 'a', g, [1]),
                co_names=('x', 'print', '__class__'),
                co_exceptiontable=bytes(dice.randrange(256) for _ in range(6)),
            )
        )
    except BaseException:
        pass
