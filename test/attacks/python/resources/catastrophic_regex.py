# hold: a pattern that backtracks for years. Escape: the judge waits for it.
# ends: timeout
import re

re.match(r'(a+)+$', 'a' * 40 + 'b')
