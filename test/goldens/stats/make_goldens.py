"""Makes python.json: golden values of src/stats from independent implementations.

Python 3.11, numpy 2.4.6, scipy 1.17.1, statsmodels 0.15.0, mpmath 1.4.1 (pip install with these versions).
Run: python make_goldens.py > python.json

Where a package has the statistic it is asked; where none has (square-and-add over two directions, mid-p, pass@k,
exact power) the definition is worked out here in exact fractions or with 50 digits, in another form than the one
that is tested.
"""
import itertools
import json
import math
import warnings
from fractions import Fraction

import numpy as np
import scipy.stats as st
import statsmodels.api as sm
from mpmath import betainc, erfc, erfinv, findroot, mp, mpf, sqrt
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.weightstats import ttost_paired

warnings.filterwarnings("ignore")
mp.dps = 50
rng = np.random.default_rng(20240521)
golden = {}


def f(x):
    return float(x)


def student_upper(t, df):
    t, df = mpf(t), mpf(df)
    if t < 0:
        return 1 - student_upper(-t, df)
    x = df / (df + t * t)
    if x < 0.5:
        return betainc(df / 2, mpf(1) / 2, 0, x, regularized=True) / 2
    with mp.workdps(350):
        return mpf(1) / 2 - betainc(mpf(1) / 2, df / 2, 0, t * t / (df + t * t), regularized=True) / 2


def student_quantile(p, df):
    tail = 1 - mpf(p) if p > 0.5 else mpf(p)
    t = findroot(lambda x: student_upper(x, df) - tail, mpf(float(st.t.isf(float(tail), df))))
    return t if p > 0.5 else -t


DFS = [1, 2, 3, 4, 7, 20, 29, 163, 999, 100_000]
golden["normalUpperTail"] = [
    {"x": x, "value": f(erfc(mpf(x) / sqrt(2)) / 2)} for x in [-3, -1, 0, 0.01, 0.5, 1.96, 2.4, 2.5, 2.6, 3, 5, 12, 20]
]
golden["normalQuantile"] = [
    {"p": p, "value": f(sqrt(2) * erfinv(2 * mpf(p) - 1))}
    for p in [1e-14, 1e-6, 0.001, 0.025, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.975, 0.995, 0.9995]
]
golden["studentUpperTail"] = [
    {"t": t, "df": df, "value": f(student_upper(t, df))} for df in DFS for t in [-2, 0.001, 0.5, 1, 1.9, 2, 2.5, 4, 8]
]
golden["studentQuantile"] = [
    {"p": p, "df": df, "value": f(student_quantile(p, df))} for df in DFS for p in [0.025, 0.6, 0.9, 0.95, 0.975, 0.9995]
]

golden["binomialProbability"] = [
    {"k": k, "n": n, "p": p, "value": f(Fraction(math.comb(n, k)) * Fraction(p) ** k * (1 - Fraction(p)) ** (n - k))}
    for n, p in [(1, 0.5), (12, 0.3), (164, 0.5), (164, 0.98), (1000, 0.01), (2000, 0.5)]
    for k in sorted({0, 1, n // 7, n // 2, round(n * p), n - 1, n})
]
golden["binomialLowerTail"] = [
    {
        "k": k,
        "n": n,
        "p": p,
        "value": f(
            sum(Fraction(math.comb(n, j)) * Fraction(p) ** j * (1 - Fraction(p)) ** (n - j) for j in range(k + 1))
        ),
    }
    for n, p in [(12, 0.3), (164, 0.5), (300, 0.02)]
    for k in sorted({0, 1, n // 7, n // 3, n // 2, n - 1})
]

golden["wilson"] = []
for k, n in [(0, 20), (1, 29), (15, 148), (81, 263), (121, 164), (136, 164), (164, 164), (9_900, 10_000)]:
    for level in [0.9, 0.95, 0.99]:
        low, high = proportion_confint(k, n, alpha=1 - level, method="wilson")
        golden["wilson"].append({"k": k, "n": n, "level": level, "low": f(low), "high": f(high)})


def scores(n, kind):
    if kind == "normal":
        return [f(x) for x in rng.normal(0.3, 2.0, n)]
    if kind == "fifths":
        return [f(x) for x in rng.binomial(5, rng.beta(2, 1, n)) / 5]
    return [f(x) for x in rng.integers(0, 2, n)]


golden["mean"] = []
golden["clustered"] = []
golden["paired"] = []
for n, kind in [(2, "normal"), (7, "normal"), (100, "normal"), (164, "fifths"), (120, "bits")]:
    values = scores(n, kind)
    one = st.ttest_1samp(values, 0).confidence_interval(0.95)
    golden["mean"].append({"scores": values, "mean": f(np.mean(values)), "se": f(st.sem(values)), "low": f(one.low), "high": f(one.high)})
    if n >= 7:
        clusters = [int(c) for c in rng.integers(0, max(3, n // 6), n)]
        fit = sm.OLS(values, np.ones(n)).fit(cov_type="cluster", cov_kwds={"groups": clusters, "df_correction": True}, use_t=True)
        low, high = fit.conf_int(0.05)[0]
        golden["clustered"].append({"scores": values, "clusters": clusters, "mean": f(fit.params[0]), "se": f(fit.bse[0]), "low": f(low), "high": f(high), "count": len(set(clusters))})
    other = scores(n, kind)
    two = st.ttest_rel(other, values).confidence_interval(0.95)
    d = np.subtract(other, values)
    golden["paired"].append({"base": values, "variant": other, "delta": f(np.mean(d)), "se": f(st.sem(d)), "variance": f(np.var(d, ddof=1)), "low": f(two.low), "high": f(two.high)})

golden["mcnemar"] = []
for lost, gained in [(0, 1), (1, 0), (0, 5), (0, 6), (1, 8), (2, 10), (1, 10), (1, 16), (6, 10), (29, 17), (4, 4), (7, 1), (300, 360), (1_000, 1_111)]:
    m, k = lost + gained, min(lost, gained)
    exact = min(Fraction(1), Fraction(2 * sum(math.comb(m, j) for j in range(k + 1)), 2**m))
    mid = sum(
        Fraction(math.comb(m, j), 2**m) * (Fraction(1, 2) if abs(2 * j - m) == abs(2 * k - m) else 1)
        for j in range(m + 1)
        if abs(2 * j - m) >= abs(2 * k - m)
    )
    packaged = mcnemar([[50, lost], [gained, 50]], exact=True).pvalue
    assert math.isclose(packaged, exact, rel_tol=1e-9), (lost, gained, packaged, f(exact))
    golden["mcnemar"].append({"lost": lost, "gained": gained, "p": f(exact), "midP": f(mid)})


def wilson_mp(p, n, z):
    p, n, z = mpf(p), mpf(n), mpf(z)
    # The two roots of (p - x)² n = z² x (1 - x).
    a, b, c = n + z * z, -(2 * n * p + z * z), n * p * p
    root = sqrt(b * b - 4 * a * c)
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


Z = sqrt(2) * erfinv(mpf("0.95"))


def flip_interval(gain, loss, n):
    gain, loss = mpf(gain), mpf(loss)
    gl, gu = wilson_mp(gain, n, Z)
    ll, lu = wilson_mp(loss, n, Z)
    r = 0 if gain == 0 or loss == 0 else -gain * loss / sqrt(gain * (1 - gain) * loss * (1 - loss))
    a, b = gain - gl, lu - loss
    c, d = gu - gain, loss - ll
    return gain - loss - sqrt(a * a + b * b - 2 * r * a * b), gain - loss + sqrt(c * c + d * d - 2 * r * c * d)


golden["flipInterval"] = []
for gain, loss, n in [(0, 0, 164), (16 / 164, 1 / 164, 164), (0.02, 0.03, 500), (0.2, 0, 50), (1, 0, 30), (0.013, 0.004, 164)]:
    low, high = flip_interval(gain, loss, n)
    golden["flipInterval"].append({"gain": gain, "loss": loss, "n": n, "low": f(low), "high": f(high)})

# Sparse changes of scores in [0, 1]: the interval of their two directions.
golden["pairedBounded"] = []
for changes in [[], [0.2], [0.2, -0.6, 1], [-1] * 12 + [0.4] * 3]:
    base = [0.0 if c > 0 else 1.0 for c in changes] + [1.0] * (164 - len(changes))
    variant = [b + c for b, c in zip(base, changes + [0] * (164 - len(changes)))]
    d = [v - b for b, v in zip(base, variant)]
    low, high = flip_interval(sum(mpf(max(x, 0)) for x in d) / 164, sum(mpf(max(-x, 0)) for x in d) / 164, 164)
    golden["pairedBounded"].append({"base": base, "variant": variant, "low": f(low), "high": f(high)})

golden["boundedMean"] = []
for off, end in [([], 1), ([0.8, 0.6, 0], 1), ([0.2] * 20, 0)]:
    values = off + [float(end)] * (164 - len(off))
    low, high = wilson_mp(sum(mpf(v) for v in values) / 164, 164, Z)
    golden["boundedMean"].append({"scores": values, "low": f(low), "high": f(high)})

golden["signFlip"] = []
for m in [1, 2, 5, 8, 12]:
    for kind in ["normal", "fifths"]:
        d = scores(m, "normal") if kind == "normal" else [f(x) for x in np.subtract(scores(m, "fifths"), scores(m, "fifths"))]
        exact = [Fraction(x).limit_denominator(10) if kind == "fifths" else Fraction(x) for x in d]
        exact = [x for x in exact if x != 0]
        count = sum(
            abs(sum(s * x for s, x in zip(signs, exact))) >= abs(sum(exact))
            for signs in itertools.product([1, -1], repeat=len(exact))
        )
        p = count / 2 ** len(exact)
        golden["signFlip"].append({"differences": d, "p": p})
        if kind == "normal" and m > 1:
            packaged = st.permutation_test((d,), np.mean, permutation_type="samples", n_resamples=np.inf).pvalue
            assert math.isclose(packaged, p, rel_tol=1e-9), (m, packaged, p)
# Many differences: SciPy's own Monte Carlo with a million draws.
d = [f(x) for x in rng.normal(0.15, 1, 120)]
golden["signFlipLarge"] = {
    "differences": d,
    "draws": 1_000_000,
    "p": f(st.permutation_test((d,), np.mean, permutation_type="samples", n_resamples=1_000_000, batch=10_000, rng=1).pvalue),
}
boot = st.bootstrap((d,), np.mean, n_resamples=400_000, method="percentile", batch=5_000, rng=2).confidence_interval
golden["bootstrapLarge"] = {"differences": d, "draws": 400_000, "low": f(boot.low), "high": f(boot.high)}

golden["passAtK"] = [
    {
        "n": n,
        "c": c,
        "k": k,
        "any": f(1 - Fraction(math.comb(n - c, k), math.comb(n, k))),
        "all": f(Fraction(math.comb(c, k), math.comb(n, k))),
    }
    for n, c, k in [(1, 0, 1), (1, 1, 1), (5, 0, 3), (5, 5, 5), (10, 3, 1), (10, 3, 5), (10, 8, 3), (200, 37, 10), (200, 1, 100), (200, 150, 100), (1000, 500, 300)]
]
rows = [{"n": 10, "c": int(c)} for c in rng.integers(0, 11, 200)]
others = [{"n": 10, "c": int(c)} for c in rng.integers(0, 11, 200)]
value = lambda row, k: f(1 - Fraction(math.comb(10 - row["c"], k), math.comb(10, k)))
golden["passAtKEstimate"] = []
for k in [1, 3]:
    base, variant = [value(r, k) for r in rows], [value(r, k) for r in others]
    ci = st.ttest_1samp(base, 0).confidence_interval(0.95)
    dci = st.ttest_rel(variant, base).confidence_interval(0.95)
    golden["passAtKEstimate"].append(
        {
            "rows": rows, "others": others, "k": k, "mean": f(np.mean(base)), "low": f(ci.low), "high": f(ci.high),
            "delta": f(np.mean(variant) - np.mean(base)), "deltaLow": f(dci.low), "deltaHigh": f(dci.high),
        }
    )

golden["power"] = []
for variance, delta, n, alpha, power in [(0.0991, 0.03, 164, 0.05, 0.8), (0.4444, 0.03, 1000, 0.05, 0.8), (2.5, -0.4, 50, 0.01, 0.9)]:
    reach = st.norm.isf(alpha / 2) + st.norm.ppf(power)
    golden["power"].append(
        {
            "variance": variance, "delta": delta, "n": n, "alpha": alpha, "power": power,
            "requiredN": math.ceil(reach**2 * variance / delta**2),
            "minimumDetectable": f(reach * math.sqrt(variance / n)),
            "resolutionRatio": f(n / (reach**2 * variance / delta**2)),
        }
    )


def mcnemar_power(n, discordance, delta, alpha=0.05):
    total = 0.0
    for m in range(n + 1):
        k = np.arange(m + 1)
        p = np.minimum(1, 2 * st.binom.cdf(np.minimum(k, m - k), m, 0.5))
        total += st.binom.pmf(m, n, discordance) * st.binom.pmf(k, m, (1 + delta / discordance) / 2)[p < alpha].sum()
    return f(total)


golden["mcnemarPower"] = [
    {"n": n, "discordance": d, "delta": delta, "alpha": alpha, "value": mcnemar_power(n, d, delta, alpha)}
    for n, d, delta, alpha in [(164, 0.1, 0.05, 0.05), (164, 0.1, 0.08, 0.05), (164, 0.2, 0.08, 0.05), (164, 0.2, 0, 0.05), (50, 1, 0.3, 0.05), (400, 0.05, -0.05, 0.01), (865, 0.1, 0.03, 0.05)]
]
golden["mcnemarRequiredN"] = []
for d, delta, power in [(0.1, 0.03, 0.8), (0.2, 0.1, 0.9), (0.05, 0.05, 0.8), (1, 0.5, 0.8)]:
    n = 1
    while mcnemar_power(n, d, delta) < power:
        n = n + 1 if n < 60 or mcnemar_power(n + 25, d, delta) >= power else n + 25
    golden["mcnemarRequiredN"].append({"discordance": d, "delta": delta, "power": power, "n": n})

golden["tost"] = []
for n, shift, margin in [(10, 0.0, 1.5), (164, 0.1, 0.3), (164, -0.5, 0.3)]:
    base = rng.normal(0, 1, n)
    variant = base + shift + rng.normal(0, 0.8, n)
    d = variant - base
    golden["tost"].append({"delta": f(d.mean()), "se": f(st.sem(d)), "n": n, "margin": margin, "p": f(ttost_paired(variant, base, -margin, margin)[0])})

golden["multiplicity"] = [
    {"p": p, "holm": [f(x) for x in multipletests(p, method="holm")[1]], "bh": [f(x) for x in multipletests(p, method="fdr_bh")[1]]}
    for p in [
        [0.04],
        [0.01, 0.04, 0.03, 0.005],
        [0.5, 0.5, 0.9, 0.001, 1.0],
        # The 15 p-values of Benjamini and Hochberg 1995, section 4.
        [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1.0],
        [f(x) for x in rng.uniform(0, 1, 30) ** 3],
    ]
]

golden["excessFlips"] = []
for k, n, zk, zn in [(13, 164, 6, 397), (0, 164, 0, 164), (56, 70, 48, 80)]:
    low, high = confint_proportions_2indep(k, n, zk, zn, method="newcomb", compare="diff", correction=False)
    golden["excessFlips"].append({"flips": k, "n": n, "zeroFlips": zk, "zeroN": zn, "low": f(low), "high": f(high)})

cells = {name: scores(164, "fifths") for name in ["base", "variant", "baseScaffold", "variantScaffold"]}
d = np.array(cells["variantScaffold"]) - cells["baseScaffold"] - (np.array(cells["variant"]) - cells["base"])
ci = st.ttest_1samp(d, 0).confidence_interval(0.95)
golden["interaction"] = {"grid": cells, "value": f(d.mean()), "low": f(ci.low), "high": f(ci.high)}

golden["kl"] = []
for size in [2, 50, 1000]:
    p, q = rng.dirichlet(np.ones(size)), rng.dirichlet(np.ones(size))
    golden["kl"].append({"base": [f(x) for x in np.log(p)], "variant": [f(x) for x in np.log(q)], "nats": f(st.entropy(p, q))})


def xoshiro128starstar(s, count):
    mask, out = 0xFFFFFFFF, []
    rotate = lambda x, k: ((x << k) | (x >> (32 - k))) & mask
    s = list(s)
    for _ in range(count):
        out.append(rotate(s[1] * 5 & mask, 7) * 9 & mask)
        t = s[1] << 9 & mask
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotate(s[3], 11)
    return out


def splitmix64(seed, count):
    mask, out = 2**64 - 1, []
    for _ in range(count):
        seed = (seed + 0x9E3779B97F4A7C15) & mask
        z = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        out.append(z ^ (z >> 31))
    return out


golden["random"] = []
for seed in [0, 1, -1, 20240521, 2**53 - 1]:
    a, b = splitmix64(seed % 2**64, 2)
    words = [a & 0xFFFFFFFF, a >> 32, b & 0xFFFFFFFF, b >> 32]
    golden["random"].append({"seed": seed, "first": [x / 2**32 for x in xoshiro128starstar(words, 5)]})

print(json.dumps(golden, indent=None, separators=(",", ":")).replace('],"', '],\n"').replace('},{', '},\n{'))
