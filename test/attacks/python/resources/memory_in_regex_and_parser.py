# hold: lets the compilers eat the memory instead of the program. Escape: the host gives the memory.
# ends: limit exception timeout syntax
import re

source = '[' + ','.join(['(1,2,3,4)'] * 10) + ','
whole = source * 3_000_000
eval(whole + ']')
