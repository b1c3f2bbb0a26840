"""The pass of torch_pass.py in numpy, which has no bf16: words are widened to fp32 by hand.

    python numpy_pass.py BASE VARIANT [all]    (threads: OMP_NUM_THREADS and OPENBLAS_NUM_THREADS)

With `all` also the rest of what tunediff's pass measures: steps of rounding, moves beyond one, sign flips and a histogram.
"""

import json
import pathlib
import sys

import numpy as np


def words_of(path):
    """(name, mapped 16-bit words) of each tensor of a bf16 file."""
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    data = np.memmap(path, np.uint8, "r", 8 + size)
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            yield name, data[begin:end].view(np.uint16)


def widened(words):
    return (words.astype(np.uint32) << 16).view(np.float32)


def kernels():
    """Which BLAS kernel runs, where threadpoolctl is there to say so."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return "not known"
    return ", ".join(f"{pool['internal_api']} {pool.get('architecture', '')} x{pool['num_threads']}" for pool in threadpool_info())


def rest(w, v, delta, sums):
    """The step of bf16 at the larger magnitude is 2^-7 of its power of two: its exponent bits alone."""
    larger = np.maximum(np.abs(w), np.abs(v))
    spacing = np.maximum(larger.view(np.uint32) & 0x7F800000, 0x00800000).view(np.float32) * np.float32(2**-7)
    size = np.abs(delta)
    sums["spacing"] += float(np.dot(spacing, spacing))
    sums["aboveOneUlp"] += int(np.count_nonzero(size > spacing))
    sums["signFlips"] += int(np.count_nonzero(w * v < 0))
    sums["histogram"] = sums["histogram"] + np.bincount(size.view(np.uint32) >> 20, minlength=2048)


base, variant = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
KEYS = ("weights", "base", "variant", "dot", "delta", "changed", "largest", "spacing", "aboveOneUlp", "signFlips", "histogram")
sums = dict.fromkeys(KEYS, 0)
for path in sorted(base.glob("*.safetensors")):
    for (name, w), (other, v) in zip(words_of(path), words_of(variant / path.name)):
        assert name == other
        sums["changed"] += int(np.count_nonzero(w != v))
        w, v = widened(w), widened(v)
        sums["weights"] += w.size
        sums["base"] += float(np.dot(w, w))
        sums["variant"] += float(np.dot(v, v))
        sums["dot"] += float(np.dot(w, v))
        delta = np.subtract(v, w, out=None if sys.argv[3:] else v)
        sums["delta"] += float(np.dot(delta, delta))
        sums["largest"] = max(sums["largest"], float(delta.max()), -float(delta.min()))
        if sys.argv[3:]:
            rest(w, v, delta, sums)
sums.pop("histogram")
print(json.dumps({"version": np.__version__, "kernels": kernels(), "relative": (sums["delta"] / sums["base"]) ** 0.5, **sums}))
