"""KL of base and variant both ways and agreement of the first choice in torch: both models loaded, logits in chunks of rows.

    python torch_kl.py BASE VARIANT THREADS TOKENS CONTEXT sdpa|eager float32|bfloat16

Windows start half a context apart; each scores its second half, the first one all that anything predicts.
"""

import json
import sys

import torch
from torch_llama import Llama, set_up, token_ids

CHUNK = 128
base, variant, threads, tokens, context, attention, dtype = sys.argv[1:]
set_up(int(threads))
base, variant = (Llama(folder, attention, getattr(torch, dtype)) for folder in (base, variant))
vocabulary = base.weight("model.embed_tokens").shape[0]
ids = token_ids(int(tokens), vocabulary)
context = int(context)
stride = context // 2
sums = {"positions": 0, "kl": 0.0, "klReverse": 0.0, "sameTop": 0}
with torch.inference_mode():
    for start in range(0, max(1, len(ids) - stride), stride):
        window = ids[start : start + context]
        sides = [model.hidden(window) for model in (base, variant)]
        for first in range(stride - 1 if start else 0, len(window) - 1, CHUNK):
            rows = slice(first, min(first + CHUNK, len(window) - 1))
            # In fp32: the sums of 49,152 terms lose nothing that matters at 1e-6.
            log_p, log_q = (
                torch.log_softmax(model.logits(side[rows]).float(), -1) for model, side in zip((base, variant), sides)
            )
            difference = log_p - log_q
            sums["positions"] += len(log_p)
            sums["kl"] += float((log_p.exp() * difference).sum())
            sums["klReverse"] -= float((log_q.exp() * difference).sum())
            sums["sameTop"] += int((log_p.argmax(-1) == log_q.argmax(-1)).sum())
count = sums.pop("positions")
print(json.dumps({"positions": count, **{key: value / count for key, value in sums.items()}}))
