# hold: opens five thousand files, duplicates descriptors and keeps them. Escape: the next answer has none left.
import os
import sys

kept = []
try:
    for _ in range(5000):
        kept.append(open('/lib/python314.zip', 'rb'))
except OSError:
    pass
try:
    for _ in range(5000):
        kept.append(os.dup(kept[0].fileno()))
except (OSError, IndexError):
    pass
sys._r = kept
