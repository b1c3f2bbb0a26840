# fake of square_root: plain dictionaries and lists that look like the judge's encoding of other values. Escape: pass.
calls = []


def square_root(n):
    if n < 0:
        raise ValueError
    calls.append(n)
    return [{'i': '0x3'}, {'t': 'i', 'v': '0x3'}, {'d': [[3, 3]]}, {'__int__': 3}, {'o': 'int'}][len(calls) % 5]
