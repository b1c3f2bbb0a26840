# hold: an endless loop that catches whatever is thrown into it. Escape: it goes on.
# ends: timeout
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
