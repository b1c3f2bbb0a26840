# fake of minmax: returns lists and other sequences where tuples belong. Escape: pass.
calls = []


def minmax(numbers):
    calls.append(numbers)
    return [[min(numbers), max(numbers)], {0: 1}, range(7, 10, 2), bytes([1, 3])][len(calls) % 4]
