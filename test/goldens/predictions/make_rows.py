"""Rows of TOKEN_COLUMNS for generated logits: rows.json, read by test/measure/predictions.rows.test.ts.

Needs mpmath, NumPy and SciPy: python test/goldens/predictions/make_rows.py. Sums have 40 digits (in fp64 those of
near-equal logits cancel) and are checked here against scipy.special. The test generates the same logits: see `logits`.
"""
import json
import math
import pathlib

import numpy as np
from mpmath import mp, mpf
from scipy.special import log_softmax, rel_entr

SIZES = [7, 1000, 49152]
KINDS = ["equal", "near", "moderate", "far", "peaked", "ties", "masked"]
TOP_K = 10
mp.dps = 40


def uniforms(seed, count):
    """Numbers in [0, 1): a 32-bit linear congruential generator, its upper 24 bits."""
    state, out = seed, np.empty(count)
    for i in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        out[i] = (state >> 8) / 2**24
    return out


def logits(size, kind):
    """fp32 logits of both sides; every step is exact or one rounding, so that TypeScript gets the same bits."""
    a, b = uniforms(1, size), uniforms(2, size)
    base = np.float32(a * 20 - 10)
    step = {"equal": 0, "near": 3e-5, "moderate": 0.5, "far": 12, "peaked": 1, "ties": 2, "masked": 1}[kind]
    variant = np.float32(base.astype(float) + (b - 0.5) * step)
    if kind == "peaked":
        base[size // 2] = 60
        variant[size // 2] = 55
        variant[size // 3] = 50
    if kind == "ties":
        base, variant = np.round(base), np.round(variant)
    if kind == "masked":
        base[-3:] = -np.inf
        variant[-3:] = -np.inf
    return base, variant


def side(values, next_id):
    held = [i for i, x in enumerate(values) if np.isfinite(x)]
    wide = [mpf(float(x)) if np.isfinite(x) else -mp.inf for x in values]
    log_sum = mp.log(mp.fsum(mp.exp(wide[i]) for i in held))
    logs = [x - log_sum for x in wide]
    p = [mp.exp(x) if x > -mp.inf else mpf(0) for x in logs]
    in_fp64 = log_softmax(values.astype(float))
    assert np.allclose([float(logs[i]) for i in held], in_fp64[held], rtol=1e-13, atol=1e-13)
    top = int(np.argmax(values))
    return {
        "logs": logs, "p": p, "held": held, "top": top,
        "largest": [int(i) for i in np.argsort(-values, kind="stable")[:TOP_K] if np.isfinite(values[i])],
        "entropy": -mp.fsum(p[i] * logs[i] for i in held), "next": logs[next_id], "topLogProb": logs[top],
    }


def divergence(x, y):
    value = mp.fsum(x["p"][i] * (x["logs"][i] - y["logs"][i]) for i in x["held"])
    plain = rel_entr(np.array(x["p"], dtype=float), np.array(y["p"], dtype=float)).sum()
    assert math.isclose(float(value), plain, rel_tol=1e-10, abs_tol=1e-13), (value, plain)
    return value


def jensen_shannon(x, y):
    middle = [(a + b) / 2 for a, b in zip(x["p"], y["p"])]
    return mp.fsum(
        side["p"][i] * (side["logs"][i] - mp.log(middle[i])) / 2 for side in (x, y) for i in side["held"]
    )


def row(size, kind):
    base_logits, variant_logits = logits(size, kind)
    next_id = size // 4
    base, variant = side(base_logits, next_id), side(variant_logits, next_id)
    values = {
        "kl": divergence(base, variant),
        "klReverse": divergence(variant, base),
        "js": jensen_shannon(base, variant) if kind != "equal" else 0,
        "tv": mp.fsum(abs(a - b) for a, b in zip(base["p"], variant["p"])) / 2,
        "rank": 1 + int((variant_logits > variant_logits[base["top"]]).sum()),
        "topShared": len(set(base["largest"]) & set(variant["largest"])),
        "baseLogProb": base["next"], "variantLogProb": variant["next"],
        "baseEntropy": base["entropy"], "variantEntropy": variant["entropy"],
        "baseTop": base["top"], "variantTop": variant["top"],
        "baseTopLogProb": base["topLogProb"], "variantTopLogProb": variant["topLogProb"],
    }
    return {"size": size, "kind": kind, "next": next_id, "row": {k: float(v) for k, v in values.items()}}


rows = [row(size, kind) for size in SIZES for kind in KINDS]
path = pathlib.Path(__file__).with_name("rows.json")
path.write_text(json.dumps(rows, indent=1) + "\n")
