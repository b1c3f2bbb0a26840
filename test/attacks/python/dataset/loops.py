# hold in tests: hostile tests loop for ever and swallow everything. Escape: the judge waits.
# ends: timeout
def check(candidate):
    while True:
        try:
            candidate(1)
        except BaseException:
            pass
