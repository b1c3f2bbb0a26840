# hold: aborts the interpreter. Escape: the worker dies without a verdict.
# ends: violation exception limit
import os

os.abort()
