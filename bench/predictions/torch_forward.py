"""Forward passes with full logits in torch: CPU and wall milliseconds of each, and some logits.

    python torch_forward.py MODEL THREADS TOKENS COUNT sdpa|eager float32|bfloat16
"""

import json
import sys
import time

import torch
from torch_llama import Llama, set_up, token_ids

folder, threads, tokens, count, attention, dtype = sys.argv[1:]
set_up(int(threads))
model = Llama(folder, attention, getattr(torch, dtype))
vocabulary = model.weight("model.embed_tokens").shape[0]
ids = token_ids(int(tokens), vocabulary)
cpu, wall, some = [], [], []
for _ in range(int(count) + 1):  # the first is to warm up
    started, cpu_started = time.perf_counter(), time.process_time()
    with torch.inference_mode():
        logits = model.logits(model.hidden(ids))
    cpu.append((time.process_time() - cpu_started) * 1e3)
    wall.append((time.perf_counter() - started) * 1e3)
    some = [float(logits[row, column]) for row in (0, len(ids) // 2, len(ids) - 1) for column in (0, vocabulary // 2)]
    del logits  # not two of them at once
print(json.dumps({"cpuMs": cpu[1:], "wallMs": wall[1:], "logits": some}))
