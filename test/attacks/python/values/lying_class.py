# hold: raises and returns instances whose class, bases, mro and module say something else. Escape: the judge's check of the class runs code of the answer without end, or takes it for a value.
class Meta(type):
    def mro(cls):
        return [cls, Exception, BaseException, object] if cls.__name__ == 'Liar' else super().mro()

    def __subclasscheck__(cls, other):
        return True

    __instancecheck__ = __subclasscheck__

    def __eq__(cls, other):
        return True

    def __hash__(cls):
        return hash(int)


class Liar(Exception, metaclass=Meta):
    __class__ = int
    __bases__ = (int,)
    __module__ = 7

    def __new__(cls, *args):
        return super().__new__(cls)


class Number(metaclass=Meta):
    __class__ = int

    def __int__(self):
        return 2

    __index__ = __int__


def f(x):
    if x > 2:
        raise Liar
    return [Number(), Liar(), Liar, Meta]
