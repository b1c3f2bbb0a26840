# fake of no_exception: raises what is no plain exception: KeyboardInterrupt, a bare BaseException, CancelledError. Escape: pass.
class Silent(BaseException):
    def __bool__(self):
        return False

    def __str__(self):
        return ''


calls = []


def shout(text):
    calls.append(text)
    raise [KeyboardInterrupt, Silent, BaseException][len(calls) % 3]
