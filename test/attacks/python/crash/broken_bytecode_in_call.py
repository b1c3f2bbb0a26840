# hold: swaps its own function for broken bytecode when it is called a second time, while the judge waits inside the call. Escape: the judge calls it its own fault.
calls = []


def g(x):
    pass


def f(x):
    calls.append(x)
    if len(calls) == 1:
        return x + 1
    g.__code__ = g.__code__.replace(co_code=b'\x64\xff\x64\xf0' * 50, co_consts=(), co_stacksize=1)
    return g(x)
