# hold: loops in finally, in a generator that ignores close, and in an exit handler. Escape: it goes on.
# ends: timeout
def endless():
    while True:
        try:
            yield
        except GeneratorExit:
            pass


try:
    for _ in endless():
        pass
finally:
    while True:
        pass
