"""Quantiles, calibration and pooled means of generated rows: pooled.json, read by test/measure/predictions.pooled.test.ts.

Needs NumPy: python test/goldens/predictions/make_pooled.py. The test generates the same rows: see `rows`. Half of the
confidences are coarse, so that many positions share one.
"""
import json
import pathlib

import numpy as np

DOCUMENTS = [400, 31, 7, 1200, 90]
BINS = 15


def uniforms(seed, count):
    """Numbers in [0, 1): a 32-bit linear congruential generator, its upper 24 bits."""
    state, out = seed, np.empty(count)
    for i in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        out[i] = (state >> 8) / 2**24
    return out


def rows(count):
    u = uniforms(5, count * 8).reshape(count, 8)
    f = np.float32

    def side(a, b, c):
        top = f(-np.where(a < 0.5, np.round(a * 16) / 8 + 0.125, a * 3))
        return top, f(np.where(b < 0.6, top, top - c * 4 - 0.5))

    base_top, base = side(u[:, 0], u[:, 1], u[:, 2])
    variant_top, variant = side(u[:, 3], u[:, 4], u[:, 5])
    return {
        "kl": f(u[:, 6] * u[:, 6]), "rank": np.floor(u[:, 7] * 5) + 1, "topShared": np.floor(u[:, 6] * 11),
        "baseLogProb": base, "variantLogProb": variant, "baseTopLogProb": base_top, "variantTopLogProb": variant_top,
    }


def calibration(top, following):
    confidence, hit = np.exp(top.astype(float)), (top == following).astype(float)
    n = len(top)
    # Positions of one confidence share their hits: which of them falls into which bin must not matter.
    shared = np.array([hit[top == t].mean() for t in top])
    order = np.argsort(confidence, kind="stable")
    edges = [b * n // BINS for b in range(BINS + 1)]
    bins = [order[a:b] for a, b in zip(edges, edges[1:])]
    return {
        "ece": sum(abs((shared[b] - confidence[b]).sum()) for b in bins) / n,
        "chance": sum(np.sqrt(2 / np.pi * (confidence[b] * (1 - confidence[b])).sum()) for b in bins) / n,
        "brier": ((confidence - hit) ** 2).mean(),
        "bins": [[confidence[b].mean(), shared[b].mean(), len(b)] for b in bins],
    }


r = rows(sum(DOCUMENTS))
delta = np.exp(r["variantLogProb"].astype(float)) - np.exp(r["baseLogProb"].astype(float))
kl = r["kl"].astype(float)
golden = {
    "documents": DOCUMENTS,
    "kl": [[p, np.percentile(kl, p)] for p in [100, 99.9, 99, 95, 90, 50, 10, 5, 1, 0.1, 0]],
    "deltaProb": [[p, np.percentile(delta, p)] for p in [100, 99.9, 99, 95, 90, 75, 50, 25, 10, 5, 1, 0.1, 0]],
    "base": calibration(r["baseTopLogProb"], r["baseLogProb"]),
    "variant": calibration(r["variantTopLogProb"], r["variantLogProb"]),
    "means": {
        "kl": kl.mean(), "deltaProb": delta.mean(), "rmsDeltaProb": np.sqrt((delta**2).mean()),
        "reciprocalRank": (1 / r["rank"]).mean(),
        "topOverlap": (r["topShared"] / (20 - r["topShared"])).mean(),
        "deltaLogProb": (r["variantLogProb"].astype(float) - r["baseLogProb"].astype(float)).mean(),
    },
}
path = pathlib.Path(__file__).with_name("pooled.json")
path.write_text(json.dumps(golden, indent=1) + "\n")
