"""One pass over two folders of safetensors as one would write it with torch: norms, dot product, largest and changed.

    python torch_pass.py BASE VARIANT THREADS [all]

With `all` also the rest of what tunediff's pass measures: steps of rounding, moves beyond one, sign flips and a histogram.
"""

import json
import pathlib
import sys

import torch
from safetensors import safe_open


def rest(w, v, delta, sums):
    """The step of bf16 at the larger magnitude is 2^-7 of its power of two: its exponent bits alone."""
    larger = torch.maximum(w.abs(), v.abs())
    spacing = (larger.view(torch.int32) & 0x7F800000).clamp_(min=0x00800000).view(torch.float32) * 2**-7
    size = delta.abs()
    sums["spacing"] += torch.linalg.vector_norm(spacing).item() ** 2
    sums["aboveOneUlp"] += (size > spacing).sum().item()
    sums["signFlips"] += (w * v < 0).sum().item()
    sums["histogram"] = sums["histogram"] + torch.bincount(size.view(torch.int32) >> 20, minlength=2048)


base, variant, threads = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
KEYS = ("weights", "base", "variant", "dot", "delta", "changed", "largest", "spacing", "aboveOneUlp", "signFlips", "histogram")
sums = dict.fromkeys(KEYS, 0)
with torch.inference_mode():
    for path in sorted(base.glob("*.safetensors")):
        with safe_open(path, "pt") as bases, safe_open(variant / path.name, "pt") as variants:
            for name in bases.keys():
                w, v = bases.get_tensor(name), variants.get_tensor(name)
                sums["changed"] += (w.view(torch.int16) != v.view(torch.int16)).sum().item()
                w, v = w.float().flatten(), v.float().flatten()
                sums["weights"] += w.numel()
                sums["base"] += torch.linalg.vector_norm(w).item() ** 2
                sums["variant"] += torch.linalg.vector_norm(v).item() ** 2
                sums["dot"] += torch.dot(w, v).item()
                delta = v - w if sys.argv[4:] else v.sub_(w)
                sums["delta"] += torch.linalg.vector_norm(delta).item() ** 2
                sums["largest"] = max(sums["largest"], torch.linalg.vector_norm(delta, float("inf")).item())
                if sys.argv[4:]:
                    rest(w, v, delta, sums)
sums.pop("histogram")
print(json.dumps({"version": torch.__version__, "relative": (sums["delta"] / sums["base"]) ** 0.5, **sums}))
