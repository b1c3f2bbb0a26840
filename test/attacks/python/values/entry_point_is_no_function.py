# hold: makes the entry point something else than a function: a class, an instance whose call loops, a generator. Escape: the judge waits where it looks at it.
class Callable:
    def __call__(self, *args):
        while True:
            pass

    def __getattr__(self, name):
        while True:
            pass

    __bool__ = __len__ = __eq__ = __hash__ = __repr__ = __str__ = __call__


f = Callable()
