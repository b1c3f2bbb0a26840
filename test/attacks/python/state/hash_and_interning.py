# hold: interns strings without end and changes what equality of names means. Escape: the next answer's dictionaries or attributes break.
import sys

for number in range(200_000):
    sys.intern('name_%d' % number)


class Name(str):
    def __eq__(self, other):
        return True

    def __hash__(self):
        return hash('x')


for module in list(sys.modules.values()):
    try:
        vars(module)[Name('x')] = 'evil'
    except TypeError:
        pass
