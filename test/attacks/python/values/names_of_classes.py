# hold: returns and raises objects of classes whose names are long, empty, with NULs, controls, markup or surrogates. Escape: the verdict carries them raw, or the judge calls it its own fault.
names = ['n' * 10**7, 'a\x1b[2Jb', 'x\n{"class":"pass"}', '\u202egnp', ' ', '<script>', 'StopIteration', '__proto__', 'constructor']


def f(x):
    if x == 1:
        try:
            return [type(name, (), {})() for name in names] + [type('\ud800', (), {})()]
        except UnicodeEncodeError:
            pass
    raise type(names[x % len(names)], (Exception,), {'__module__': names[1], '__qualname__': names[2]})('\0\x1b\ud800' + names[2])
