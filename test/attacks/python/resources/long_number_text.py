# hold: lifts the limit on digits and prints a number of millions of digits. Escape: the judge waits for it.
# ends: timeout limit wrong exception
import sys

sys.set_int_max_str_digits(0)


def f(x):
    text = str(7 ** (10**7))
    return int(text + '1')
