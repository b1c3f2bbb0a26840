# hold: loads crafted marshal and pickle data: cycles, wrong sizes, code objects of noise. Escape: the worker dies or the next answer fails.
import marshal
import pickle
import random

dice = random.Random(11)
model = marshal.dumps(compile('def f(a, b=1):\n    return [x for x in range(a)] + [b]', 'x', 'exec'))
for _ in range(400):
    noisy = bytearray(model)
    for _ in range(dice.randrange(1, 6)):
        noisy[dice.randrange(len(noisy))] = dice.randrange(256)
    try:
        exec(marshal.loads(bytes(noisy)), {})
    except BaseException:
        pass
for data in (b'[\xff\xff\xff\x7f', b'(' * 10**5, b'\xdb\x01\x00\x00\x00r\x00\x00\x00\x00', b'cos\nsystem\n(S"touch @CANARY_DIR@/canary_pickle"\ntR.'):
    for load in (marshal.loads, pickle.loads):
        try:
            load(data)
        except BaseException:
            pass
