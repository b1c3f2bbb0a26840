# hold: loops when anyone asks the returned value for its class, by __class__, __getattribute__ and a metaclass. Escape: the judge waits where it asks isinstance.
class Meta(type):
    def __instancecheck__(cls, value):
        while True:
            pass

    def mro(cls):
        return super().mro()

    @property
    def __name__(cls):
        while True:
            pass


class Slow(metaclass=Meta):
    @property
    def __class__(self):
        while True:
            pass

    def __getattribute__(self, name):
        while True:
            pass


def f(x):
    return Slow()
