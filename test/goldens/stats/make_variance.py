"""Makes variance.json: golden values of src/stats/varianceComponents*.ts from independent implementations.

Python 3.11, numpy 2.4.6, scipy 1.17.1, statsmodels 0.15.0, pandas (pip install with these versions).
Run: python make_variance.py > variance.json

Balanced designs: mean squares of statsmodels' analysis of variance, and REML of its mixed model, which is the same where
no component is negative. Missing cells: the mean half squared differences over all pairs of answers, one by one.
"""
import itertools
import json
import sys
import warnings

import numpy as np
import pandas as pd
import scipy.integrate as integrate
import scipy.stats as st
import statsmodels.api as sm
import statsmodels.formula.api as smf

warnings.filterwarnings("ignore")
rng = np.random.default_rng(20240521)
golden = {}


def draw(seeds, problems, repeats, sd, bits=False):
    a, b = rng.normal(0, sd[0], seeds), rng.normal(0, sd[1], problems)
    rows = []
    for s, p in itertools.product(range(seeds), range(problems)):
        c = rng.normal(0, sd[2])
        for _ in range(repeats):
            y = 0.5 + a[s] + b[p] + c + rng.normal(0, sd[3])
            rows.append((s, p, float(y > 0.5) if bits else round(float(y), 4)))
    return pd.DataFrame(rows, columns=["seed", "problem", "y"])


def anova(d, repeats):
    k, n = d.seed.nunique(), d.problem.nunique()
    formula = "y ~ C(seed) + C(problem)" + (" + C(seed):C(problem)" if repeats > 1 else "")
    t = sm.stats.anova_lm(smf.ols(formula, d).fit(), typ=1)
    ms = t["sum_sq"] / t["df"]
    rest = ms["C(seed):C(problem)"] if repeats > 1 else ms["Residual"]
    within = ms["Residual"] if repeats > 1 else 0.0
    return {
        "seed": (ms["C(seed)"] - rest) / (n * repeats),
        "problem": (ms["C(problem)"] - rest) / (k * repeats),
        "interaction": (rest - within) / repeats,
        "sampling": within,
    }


def reml(d, repeats):
    vc = {"seed": "0 + C(seed)", "problem": "0 + C(problem)"}
    if repeats > 1:
        vc["interaction"] = "0 + C(seed):C(problem)"
    d = d.assign(one=1)
    fit = smf.mixedlm("y ~ 1", d, groups="one", re_formula="0", vc_formula=vc).fit(reml=True, gtol=1e-10)
    out = dict(zip(sorted(vc), fit.vcomp))
    out["residual"] = fit.scale
    return {name: float(x) for name, x in out.items()}


def rows(d):
    cells = d.groupby(["seed", "problem"], sort=False)["y"].apply(list)
    return [{"seed": int(s), "problem": int(p), "scores": list(map(float, ys))} for (s, p), ys in cells.items()]


golden["balanced"] = []
for seeds, problems, repeats, sd, bits in [
    (3, 8, 2, (0.3, 0.4, 0.25, 0.2), False),
    (5, 10, 3, (0.2, 0.5, 0.3, 0.3), False),
    (4, 12, 1, (0.2, 0.4, 0.2, 0.0), False),
    (3, 20, 2, (0.3, 0.6, 0.4, 0.3), True),
    (2, 30, 1, (0.0, 0.6, 0.3, 0.3), True),
]:
    d = draw(seeds, problems, repeats, sd, bits)
    one = {"repeats": repeats, "cells": rows(d), "anova": {a: float(b) for a, b in anova(d, repeats).items()}}
    if min(one["anova"]["seed"], one["anova"]["problem"], one["anova"]["interaction"]) > 0:
        one["reml"] = reml(d, repeats)
    golden["balanced"].append(one)

golden["missing"] = []
for seeds, problems, repeats in [(3, 9, 2), (4, 12, 3)]:
    d = draw(seeds, problems, repeats, (0.3, 0.4, 0.25, 0.2))
    d = d[rng.random(len(d)) > 0.15]
    values = list(d.itertuples(index=False))
    half = {key: [] for key in itertools.product([True, False], repeat=2)}
    for x, y in itertools.combinations(values, 2):
        half[(x.seed == y.seed, x.problem == y.problem)].append((x.y - y.y) ** 2 / 2)
    m = {key: float(np.mean(list_)) for key, list_ in half.items()}
    golden["missing"].append(
        {
            "cells": rows(d),
            "seed": m[False, False] - m[True, False],
            "problem": m[False, False] - m[False, True],
            "interaction": m[False, True] + m[True, False] - m[False, False] - m[True, True],
            "sampling": m[True, True],
        }
    )

golden["chiSquaredUpperTail"] = [
    {"x": x, "df": df, "value": float(st.chi2.sf(x, df))} for df in [1, 2, 3, 4, 9, 50, 199] for x in [1e-4, 0.3, 2, 9, 80]
]
golden["chiSquaredQuantile"] = [
    {"p": p, "df": df, "value": float(st.chi2.ppf(p, df))} for df in [1, 2, 3, 4, 9, 50, 199] for p in [0.001, 0.025, 0.5, 0.975]
]


def power(k, n, v, alpha, delta):
    of_seeds, of_problems = v["seed"] / k + v["rest"] / (k * n), v["problem"] / n
    se = np.sqrt(of_seeds + of_problems)
    ts, tp = st.t.isf(alpha / 2, k - 1), st.t.isf(alpha / 2, n - 1)
    least = tp * np.sqrt(of_problems + v["rest"] / (k * n))

    def given(u):
        half = max(least, np.sqrt(ts**2 * of_seeds * u / (k - 1) + tp**2 * of_problems))
        return st.norm.sf((half - delta) / se) + st.norm.cdf((-half - delta) / se)

    # Over the quantiles of chi-squared, in pieces: another variable than the one that is tested.
    cuts = np.concatenate([[0], np.logspace(-12, -0.31, 60), 1 - np.logspace(-0.31, -12, 60), [1]])
    cuts = np.unique(cuts)
    return sum(integrate.quad(lambda q: given(st.chi2.ppf(q, k - 1)), a, b, epsabs=1e-13)[0] for a, b in zip(cuts, cuts[1:]))


golden["power"] = [
    {"seeds": k, "problems": n, "variance": v, "alpha": alpha, "delta": delta, "value": float(power(k, n, v, alpha, delta))}
    for k, n, v, alpha, delta in [
        (2, 100, {"seed": 0.0004, "problem": 0.1, "rest": 0.1}, 0.05, 0.1),
        (3, 100, {"seed": 0.0004, "problem": 0.1, "rest": 0.1}, 0.05, 0.1),
        (5, 200, {"seed": 0.0009, "problem": 0.05, "rest": 0.1}, 0.025, 0.06),
        (10, 50, {"seed": 0, "problem": 0.02, "rest": 0.2}, 0.05, 0.05),
    ]
]

json.dump(golden, sys.stdout, indent=1)
print()
