# hold: puts integers with equal hashes into a dictionary, where each insert looks at all others. Escape: the judge waits for it.
# ends: timeout
import sys

modulus = sys.hash_info.modulus
table = {modulus * i: i for i in range(10**6)}
