# fake of minmax: sends data that is small here and overflows the trusted side: deep keys, wide sets, long numbers. Escape: pass, or unjudged.
def minmax(numbers):
    value = ()
    for _ in range(199):
        value = (value,)
    return {value: frozenset(range(1000))}, [10**4000] * 1000
