"""Twenty steps of torch.optim.AdamW on small tensors, and the schedules of transformers.

    python optimiser.py        (torch 2.13, transformers 5.23)

optimiser.json  cases: parts (group, decay, first values, gradients of each step), recipe, and for each case the learning
                rate, the norm before clipping and the values after each step, and both moments at the end; fp32, written with nine digits
                schedules: learning rates of all steps
"""

import json
import math
from pathlib import Path

import torch
from transformers import get_scheduler

HERE = Path(__file__).parent
STEPS = 20
torch.set_num_threads(1)
torch.manual_seed(6)

RECIPE = dict(
    learningRate=1e-2, schedule="linear", warmup=0.1, weightDecay=0.0, beta1=0.9, beta2=0.999, epsilon=1e-8, clip=None,
    loraPlusRatio=1,
)  # fmt: skip
LORA = [("x.lora.0.a", "a", True, (3, 7)), ("x.lora.0.b", "b", True, (5, 3)), ("x.magnitude", "magnitude", True, (5,))]
FULL = [("w", "weight", True, (6, 5)), ("norm", "weight", False, (5,))]
CASES = {
    "plain": (FULL, {}, 1.0),
    "decay": (FULL, dict(weightDecay=0.1), 1.0),
    "lora-plus": (LORA, dict(loraPlusRatio=16, weightDecay=0.05, schedule="cosine"), 0.3),
    "clipped": (FULL, dict(clip=1.0, schedule="constant", warmup=0.0), 0.1),
    "other-numbers": (LORA, dict(beta1=0.8, beta2=0.95, epsilon=1e-3, clip=0.5, weightDecay=0.01), 0.2),
    "tiny-gradients": (FULL, dict(weightDecay=0.1), 1e-9),
}


def scheduler_of(optimizer, recipe, steps):
    name = "constant_with_warmup" if recipe["schedule"] == "constant" else recipe["schedule"]
    # As TrainingArguments.get_warmup_steps has it.
    warmup = math.ceil(steps * recipe["warmup"])
    return get_scheduler(name, optimizer, num_warmup_steps=warmup, num_training_steps=steps)


def flat(tensor):
    """Nine digits are enough for every fp32 number."""
    return [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]


def run(parts, recipe, size):
    values = {name: torch.nn.Parameter(torch.randn(shape)) for name, _, _, shape in parts}
    first = {name: flat(value) for name, value in values.items()}
    groups = [
        dict(
            params=[values[name]],
            lr=recipe["learningRate"] * (recipe["loraPlusRatio"] if group in ("b", "magnitude") else 1),
            weight_decay=recipe["weightDecay"] if decays else 0.0,
        )
        for name, group, decays, _ in parts
    ]
    optimizer = torch.optim.AdamW(groups, betas=(recipe["beta1"], recipe["beta2"]), eps=recipe["epsilon"])
    scheduler = scheduler_of(optimizer, recipe, STEPS)
    steps = []
    for step in range(STEPS):
        for i, value in enumerate(values.values()):
            value.grad = torch.randn(value.shape) * size * (1 + (step + i) % 3)
        gradients = {name: flat(value.grad) for name, value in values.items()}
        norm = torch.nn.utils.clip_grad_norm_(values.values(), recipe["clip"] or float("inf")).item()
        rate = optimizer.param_groups[0]["lr"]
        optimizer.step()
        scheduler.step()
        after = {name: flat(value) for name, value in values.items()}
        steps.append(dict(gradients=gradients, norm=norm, learningRate=rate, values=after))
    moments = {
        name: dict(m=flat(optimizer.state[value]["exp_avg"]), v=flat(optimizer.state[value]["exp_avg_sq"]))
        for name, value in values.items()
    }
    shapes = [dict(name=name, group=group, hasDecay=decays, shape=shape) for name, group, decays, shape in parts]
    return dict(recipe=recipe, parts=shapes, first=first, steps=steps, moments=moments)


def schedule(kind, warmup, steps):
    recipe = RECIPE | dict(schedule=kind, warmup=warmup)
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=recipe["learningRate"])
    scheduler = scheduler_of(optimizer, recipe, steps)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return dict(recipe=recipe, steps=steps, rates=rates)


def main():
    cases = {name: run(parts, RECIPE | change, size) for name, (parts, change, size) in CASES.items()}
    schedules = [
        schedule(kind, warmup, steps)
        for kind in ("linear", "cosine", "constant")
        for warmup, steps in ((0.03, 100), (0.0, 7), (0.1, 15), (0.5, 3), (1.0, 4), (0.03, 1))
    ]
    (HERE / "optimiser.json").write_text(json.dumps(dict(cases=cases, schedules=schedules)) + "\n")


main()
