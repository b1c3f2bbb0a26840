# hold: seeds random numbers and changes decimal precision, integer limits and the size that Python reports. Escape: the next answer computes with them.
import decimal
import random
import sys

random.seed(1234)
random.random = lambda: 0.5
random._inst.seed = lambda *a: None
decimal.getcontext().prec = 3
decimal.getcontext().rounding = decimal.ROUND_DOWN
decimal.getcontext().Emax = 9
decimal.DefaultContext.prec = 2
decimal.setcontext(decimal.Context(prec=1))
sys.set_int_max_str_digits(0)
sys.maxsize = 7
sys.float_info = None
sys.hash_info = None
