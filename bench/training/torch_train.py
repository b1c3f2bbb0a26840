"""Steps of training in torch: CPU and wall milliseconds of each, and its loss.

    python torch_train.py FOLDER full|lora RANK THREADS ROWS LENGTH STEPS hand|transformers sdpa|eager float32|bfloat16

hand: the model of torch_model.py; transformers: LlamaForCausalLM, with peft where it is LoRA. AdamW is the fused one, norms
are clipped to 1. With bfloat16, LoRA's own values stay in fp32, and of full fine-tuning everything is in bfloat16.
"""

import json
import pathlib
import sys
import time

import torch
from torch.nn.functional import cross_entropy

folder, method, rank, threads, rows, length, steps, kind, attention, dtype = sys.argv[1:]
folder, rank, rows, length = pathlib.Path(folder), int(rank), int(rows), int(length)
ALPHA, RATE = 16, 1e-3
torch.set_num_threads(int(threads))
torch.set_flush_denormal(True)


def by_hand():
    from torch_model import Llama

    return Llama(folder, attention, getattr(torch, dtype), None if method == "full" else ALPHA / rank)


def by_transformers():
    from transformers import AutoModelForCausalLM

    inner = AutoModelForCausalLM.from_pretrained(
        folder, dtype=getattr(torch, dtype), attn_implementation=attention, use_safetensors=True
    )
    if method == "full":
        return inner
    from peft import LoraConfig, get_peft_model
    from safetensors.torch import load_file

    config = LoraConfig(task_type="CAUSAL_LM", r=rank, lora_alpha=ALPHA, target_modules="all-linear")
    model = get_peft_model(inner, config)
    start = load_file(folder / "start" / "adapter.safetensors")
    with torch.no_grad():
        for name, value in model.named_parameters():
            if value.requires_grad:
                ours = name.removeprefix("base_model.model.model.").replace(".lora_A.default.weight", ".weight.lora.0.a")
                value.copy_(start[ours.replace(".lora_B.default.weight", ".weight.lora.0.b")])
    return model


def token_ids(vocabulary):
    """The same in ours.mjs."""
    return torch.tensor([(i * i * 31 + i * 7919 + 11) % vocabulary for i in range(rows * length)]).view(rows, length)


model = (by_hand if kind == "hand" else by_transformers)()
model.train()
trained = [value for value in model.parameters() if value.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=RATE, weight_decay=0.0, fused=True)
vocabulary = json.loads((folder / "config.json").read_text())["vocab_size"]
ids = token_ids(vocabulary)
# Targets are shifted, not logits: a part of those would be copied.
targets = torch.nn.functional.pad(ids[:, 1:], (0, 1), value=-100).flatten()
cpu, wall, losses = [], [], []
for _ in range(int(steps) + 1):  # the first is to warm up
    started, cpu_started = time.perf_counter(), time.process_time()
    optimizer.zero_grad(set_to_none=True)
    logits = model(ids) if kind == "hand" else model(input_ids=ids, use_cache=False).logits
    loss = cross_entropy(logits.flatten(0, 1).float(), targets)
    del logits
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()
    losses.append(loss.item())
    del loss
    cpu.append((time.process_time() - cpu_started) * 1e3)
    wall.append((time.perf_counter() - started) * 1e3)
print(json.dumps({"cpuMs": cpu[1:], "wallMs": wall[1:], "losses": losses}))
