# hold: nests a list a million deep and asks for its text, comparison and copy, which recurse in C. Escape: the worker dies or the next answer fails.
# ends: limit exception timeout
import copy

nest = []
other = []
for _ in range(10**6):
    nest = [nest]
    other = [other]
for use in (repr, copy.deepcopy, lambda v: v == other, hash):
    try:
        use(nest)
    except (RecursionError, TypeError):
        pass
repr(nest)
