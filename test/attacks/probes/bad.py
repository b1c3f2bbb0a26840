# Follows every attack: an answer that is plainly wrong, and must be judged so.
def f(x):
    return x + 2
