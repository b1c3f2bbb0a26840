"""One pass over two folders of safetensors as one would write it with torch: norms, dot product, largest and changed.

    python torch_pass.py BASE VARIANT THREADS
"""

import json
import pathlib
import sys

import torch
from safetensors import safe_open

base, variant, threads = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
sums = dict.fromkeys(("weights", "base", "variant", "dot", "delta", "changed", "largest"), 0)
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
                delta = v.sub_(w)
                sums["delta"] += torch.linalg.vector_norm(delta).item() ** 2
                sums["largest"] = max(sums["largest"], torch.linalg.vector_norm(delta, float("inf")).item())
print(json.dumps({"version": torch.__version__, "relative": (sums["delta"] / sums["base"]) ** 0.5, **sums}))
