# fake of called_twice: is right until it has seen a value once. Escape: pass.
seen = set()


def double(n):
    if n in seen:
        return -1
    seen.add(n)
    return 2 * n
