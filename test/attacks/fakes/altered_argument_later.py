# fake of sorted_list: keeps the returned list and the argument, and changes both in later calls. Escape: pass.
kept = []


def sort_numbers(numbers):
    for each in kept:
        each[:] = sorted(numbers)
    kept.append(numbers)
    kept.append(list(numbers))
    return kept[-1]
