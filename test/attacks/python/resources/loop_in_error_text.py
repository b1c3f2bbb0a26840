# hold: raises an exception whose text never comes. Escape: the judge waits where it formats the error.
class Slow(Exception):
    def __str__(self):
        while True:
            pass

    __repr__ = __hash__ = __eq__ = __str__


raise Slow('x')
