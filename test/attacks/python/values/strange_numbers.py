# hold: returns numbers that JSON has no word for, as values, keys and parts. Escape: the judge calls it its own fault.
import decimal
import fractions


def f(x):
    bad = float('nan')
    return [bad, float('inf'), -0.0, 5e-324, complex(bad, bad), decimal.Decimal('sNaN'), fractions.Fraction(1, 3),
            {bad: bad}, {float('inf')}, 10**400, -(2**63), 2**64, True, range(10**30), range(0, -(10**30), -(10**20)), b'\xff', slice(1)]
