# hold: raises, inside the called function, an exception whose text, notes, cause and class name never come. Escape: the judge waits where it formats the error.
def forever(*args):
    while True:
        pass


class Meta(type):
    __name__ = property(forever)
    __repr__ = __eq__ = __hash__ = __instancecheck__ = __subclasscheck__ = __getattribute__ = forever


class Slow(Exception, metaclass=Meta):
    __str__ = __repr__ = __reduce__ = __getattribute__ = forever
    args = __notes__ = __cause__ = __context__ = __traceback__ = __class__ = property(forever)


def f(x):
    raise Slow
