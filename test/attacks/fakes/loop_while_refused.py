# fake of any_refusal: never answers, inside a call whose every exception the tests accept. Escape: pass.
# ends: timeout
def half(n):
    while n != 4:
        pass
    return 2
