"""Twenty steps of fine-tuning in PyTorch: losses and gradient norms of each, and what the trained values are at the end.

    python make.py        (torch 2.13, transformers 5.23, peft 0.21.2, bitsandbytes 0.50)

cases.json            batches of token ids and what is trained of them; recipes, losses, norms and learning rates of every
                      case; a packed batch with its loss and the norms of its gradients
initial/CASE.safetensors
                      the adapter's values before the first step (full fine-tuning begins with the model's own)
final/CASE.safetensors
                      all trained values after the last step, fp32, under the names that tunediff's engine has for them
packed.safetensors    gradients of the packed batch by every parameter of its model
The models are those of ../architectures. Training is in fp32; `fp64Apart` says how far the same in fp64 is from it.
The loss of a step is the mean over the trained tokens of all its batches. Schedules are those of transformers, groups of
weight decay those of its Trainer (no norms, no biases), LoRA+ is peft's.
"""

import json
import shutil
from pathlib import Path

import torch
from bitsandbytes import functional
from peft import LoraConfig, get_peft_model
from peft.optimizers import create_loraplus_optimizer
from safetensors.torch import save_file
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM, get_scheduler
from transformers.utils import logging

HERE = Path(__file__).parent
MODELS = HERE.parent / "architectures"
VOCABULARY = 128
STEPS, ACCUMULATION, ROWS, TOKENS, SETS = 20, 2, 2, 24, 5
ALL_LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
ATTENTION = ALL_LINEAR[:4]
IGNORED = -100
torch.set_num_threads(1)
logging.disable_progress_bar()


def cases():
    """name -> model, recipe in the keys of tunediff's recipes."""
    full = dict(method="full", learningRate=2e-3, weightDecay=0.05, warmup=0.12)
    yield "full-qwen2", "qwen2", full | dict(schedule="linear")
    yield "full-untied", "llama-untied", full | dict(schedule="cosine", clip=None)
    yield "full-gemma3", "gemma3", full | dict(schedule="constant", learningRate=5e-4)
    lora = dict(method="lora", rank=4, alpha=10, learningRate=1e-2, warmup=0.12, weightDecay=0.05)
    yield "lora", "qwen2", lora | dict(schedule="linear")
    yield "lora-cosine", "llama-untied", lora | dict(schedule="cosine", targets="attention", layers=[1], beta2=0.95)
    patterns = dict(
        rankPattern={"q_proj": 2, "layers.1.mlp.up_proj": 6}, alphaPattern={"o_proj": 3, "layers.0.mlp.up_proj": 12}
    )
    yield "lora-patterns", "qwen2", lora | patterns | dict(schedule="constant", warmup=0)
    yield "rslora", "qwen2", lora | dict(schedule="cosine", rslora=True)
    yield "lora-plus", "qwen2", lora | dict(schedule="linear", loraPlusRatio=8, learningRate=2e-3)
    yield "dora", "qwen2", lora | dict(schedule="linear", method="dora")
    yield "dora-untied", "llama-untied", lora | dict(schedule="cosine", method="dora", weightDecay=0, rslora=True)
    qlora = lora | dict(method="qlora", rank=8, alpha=16, weightDecay=0)
    yield "qlora", "nf4", qlora | dict(schedule="cosine")
    yield "qlora-double", "nf4", qlora | dict(schedule="linear", doubleQuantisation=True)
    dora_plus = dict(method="dora", loraPlusRatio=8, learningRate=2e-3)
    yield "dora-plus", "qwen2", lora | dora_plus | dict(schedule="cosine")


def loaded(name):
    return AutoModelForCausalLM.from_pretrained(MODELS / name, dtype=torch.float32, attn_implementation="eager")


def quantised(model, double):
    """Linear layers to NF4 and back."""
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear) and name != "lm_head":
            packed, state = functional.quantize_4bit(module.weight.data, blocksize=64, quant_type="nf4")
            if double:
                state.absmax = double_quantised(state.absmax)
            module.weight.data = functional.dequantize_4bit(packed, state)
    return model


def double_quantised(scales):
    """As bitsandbytes on a GPU and its general implementation, which fp64 asks for, have it: the nearest code. For fp32 on
    a CPU bitsandbytes 0.50.2 looks the code up in 65,536 cells: of 204,800 scales, 366 got another code than the nearest,
    at most two codes away. 4-bit codes are the nearest there too: all of 4,194,304 values were."""
    mean = scales.mean()
    table = functional.create_dynamic_map()
    codes, largest = torch.ops.bitsandbytes.quantize_blockwise((scales - mean).double(), table, 256)
    return torch.ops.bitsandbytes.dequantize_blockwise(codes, largest, table, 256, torch.float32) + mean


def adapted(model, recipe):
    targets = {"attention": ATTENTION}.get(recipe.get("targets"), ALL_LINEAR)
    options = dict(
        r=recipe["rank"], lora_alpha=recipe["alpha"], target_modules=targets, use_rslora=recipe.get("rslora", False),
        use_dora=recipe["method"] == "dora", layers_to_transform=recipe.get("layers"),
        rank_pattern=recipe.get("rankPattern", {}), alpha_pattern=recipe.get("alphaPattern", {}),
    )  # fmt: skip
    return get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **options))


def prepared(name, recipe, seed):
    model = loaded(name)
    if recipe["method"] == "full":
        return model
    if recipe["method"] == "qlora":
        model = quantised(model, recipe.get("doubleQuantisation", False))
    torch.manual_seed(seed)
    return adapted(model, recipe)


def rms_norm(module):
    """Theirs computes in fp32 whatever it is given."""
    is_gemma = "Gemma" in type(module).__name__
    eps = module.eps if hasattr(module, "eps") else module.variance_epsilon

    def forward(x):
        scaled = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)
        return scaled * (1 + module.weight if is_gemma else module.weight)

    return forward


def in_fp64(model):
    model = model.double()
    for module in model.modules():
        if type(module).__name__.endswith("RMSNorm"):
            module.forward = rms_norm(module)
    return model


def engine_name(parameter):
    """As tunediff's engine calls its inputs."""
    name = parameter.removeprefix("base_model.model.").removeprefix("model.")
    for theirs, ours in {
        ".lora_A.default.weight": ".weight.lora.0.a", ".lora_B.default.weight": ".weight.lora.0.b",
        ".lora_magnitude_vector.default.weight": ".weight.magnitude", "embed_tokens.weight": "embedding",
        "lm_head.weight": "head.weight",
    }.items():  # fmt: skip
        name = name.replace(theirs, ours)
    return name


def trained_of(model):
    return {engine_name(name): value for name, value in model.named_parameters() if value.requires_grad}


def optimizer_of(model, recipe):
    rate, decay = recipe["learningRate"], recipe["weightDecay"]
    betas = (0.9, recipe.get("beta2", 0.999))
    if "loraPlusRatio" in recipe:
        return create_loraplus_optimizer(
            model, torch.optim.AdamW, lr=rate, loraplus_lr_ratio=recipe["loraPlusRatio"], loraplus_weight_decay=decay,
            betas=betas, eps=1e-8, weight_decay=decay,
        )  # fmt: skip
    plain = [value for name, value in trained_of(model).items() if "norm" in name or name.endswith(".bias")]
    rest = [value for value in trained_of(model).values() if not any(value is other for other in plain)]
    groups = [dict(params=rest, weight_decay=decay), dict(params=plain, weight_decay=0.0)]
    return torch.optim.AdamW(groups, lr=rate, betas=betas, eps=1e-8)


def scheduler_of(optimizer, recipe):
    name = "constant_with_warmup" if recipe["schedule"] == "constant" else recipe["schedule"]
    # As TrainingArguments.get_warmup_steps has it.
    warmup = -int(-recipe["warmup"] * STEPS // 1)
    return get_scheduler(name, optimizer, num_warmup_steps=warmup, num_training_steps=STEPS)


def batch_loss(model, batch):
    """Sum of the cross entropies of what is trained."""
    shape = (batch["rows"], batch["length"])
    ids, positions, targets = (torch.tensor(batch[key]).view(shape) for key in ("ids", "positions", "targets"))
    logits = model(input_ids=ids, position_ids=positions).logits
    return cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum")


def count_of(batch):
    return sum(target != IGNORED for target in batch["targets"])


def train(model, recipe, sets):
    model.train()
    optimizer = optimizer_of(model, recipe)
    scheduler = scheduler_of(optimizer, recipe)
    trained = list(trained_of(model).values())
    found = dict(losses=[], gradientNorms=[], learningRates=[])
    for step in range(STEPS):
        batches = sets[step % SETS]
        tokens = sum(count_of(batch) for batch in batches)
        optimizer.zero_grad()
        loss = 0.0
        for batch in batches:
            part = batch_loss(model, batch) / tokens
            part.backward()
            loss += part.item()
        clip = recipe.get("clip", 1.0)
        norm = torch.nn.utils.clip_grad_norm_(trained, clip if clip is not None else float("inf"))
        found["losses"].append(loss)
        found["gradientNorms"].append(norm.item())
        found["learningRates"].append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return found


def copied(model):
    return {name: value.detach().float().clone().contiguous() for name, value in trained_of(model).items()}


def largest_apart(ours, theirs):
    return max(float((ours[name] - theirs[name]).abs().max()) for name in ours)


def case_of(name, model_name, recipe, seed, sets):
    recipe = dict(recipe, steps=STEPS, batch=ROWS, accumulation=ACCUMULATION)
    model = prepared(model_name, recipe, seed)
    initial = copied(model)
    if recipe["method"] != "full":
        save_file(initial, HERE / "initial" / f"{name}.safetensors")
    exact = in_fp64(prepared(model_name, recipe, seed))
    found, exact_found = train(model, recipe, sets), train(exact, recipe, sets)
    final, exact_final = copied(model), copied(exact)
    save_file(final, HERE / "final" / f"{name}.safetensors")
    apart = dict(
        loss=max(abs(a - b) for a, b in zip(found["losses"], exact_found["losses"])),
        gradientNorm=max(abs(a / b - 1) for a, b in zip(found["gradientNorms"], exact_found["gradientNorms"])),
        value=largest_apart(final, exact_final),
    )
    moved = largest_apart(final, initial)
    print(
        f"{name}: loss {found['losses'][0]:.3f} to {found['losses'][-1]:.3f}, norms {min(found['gradientNorms']):.2f} to"
        f" {max(found['gradientNorms']):.2f}, moved {moved:.3f}, fp64 apart {apart}"
    )
    digits = dict(losses=6, gradientNorms=6, learningRates=9)
    rounded = {key: [round(value, digits[key]) for value in values] for key, values in found.items()}
    small = {key: float(f"{value:.1e}") for key, value in apart.items()}
    return dict(name=name, model=model_name, recipe=recipe, **rounded, fp64Apart=small)


def row_of(lengths, untrained, seed, length=TOKENS):
    """Examples one after the other in a row; of each, the first `untrained` tokens are its prompt."""
    generator = torch.Generator().manual_seed(seed)
    ids, positions, segments, targets = [], [], [], []
    for segment, count in enumerate(lengths):
        tokens = torch.randint(3, VOCABULARY, (count,), generator=generator).tolist()
        ids += tokens
        positions += range(count)
        segments += [segment] * count
        targets += [tokens[i + 1] if untrained <= i + 1 < count else IGNORED for i in range(count)]
    padding = length - len(ids)
    return ids + [0] * padding, positions + [0] * padding, segments + [-1] * padding, targets + [IGNORED] * padding


def batch_of(rows, length=TOKENS):
    parts = [sum(part, []) for part in zip(*rows)]
    return dict(rows=len(rows), length=length, **dict(zip(("ids", "positions", "segments", "targets"), parts)))


def batches():
    """A set of batches for each step, in turn. One row of each batch is shorter than the other."""
    for index in range(SETS):
        seeds = [100 * index + 10 * part for part in range(ACCUMULATION)]
        yield [
            batch_of([row_of([TOKENS], 6 + part, seed), row_of([TOKENS - 5 - index], 1 + 3 * part, seed + 1)])
            for part, seed in enumerate(seeds)
        ]


def masks(model, batch):
    """Additive masks by kind of layer: only the own example, only what came before, and inside the window."""
    shape = (batch["rows"], batch["length"])
    segments = torch.tensor(batch["segments"]).view(shape)
    index = torch.arange(shape[1])
    back = index[:, None] - index[None, :]
    own = (segments[:, :, None] == segments[:, None, :]) & (back >= 0)
    hidden = torch.finfo(torch.float64).min
    made = {}
    for kind, reach in (("full_attention", None), ("sliding_attention", getattr(model.config, "sliding_window", None))):
        seen = own & (back < reach) if reach else own
        made[kind] = torch.zeros(seen.shape, dtype=torch.float64).masked_fill(~seen, hidden)[:, None]
    return made if getattr(model.config, "layer_types", None) else made["full_attention"]


def packed_loss(model, batch):
    shape = (batch["rows"], batch["length"])
    ids, positions, targets = (torch.tensor(batch[key]).view(shape) for key in ("ids", "positions", "targets"))
    logits = model(input_ids=ids, position_ids=positions, attention_mask=masks(model, batch)).logits
    return cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)


def loss_alone(model, batch):
    """The same by one pass for each example: what packing must not change."""
    total = 0.0
    length = batch["length"]
    for row in range(batch["rows"]):
        part = {key: batch[key][row * length : (row + 1) * length] for key in ("ids", "segments", "targets")}
        for segment in range(max(part["segments"]) + 1):
            where = [i for i, other in enumerate(part["segments"]) if other == segment]
            ids, targets = (torch.tensor([part[key][i] for i in where]) for key in ("ids", "targets"))
            logits = model(input_ids=ids[None]).logits[0]
            total += cross_entropy(logits, targets, ignore_index=IGNORED, reduction="sum").item()
    return total / count_of(batch)


def packed_of(name, weights, batch, has_file):
    model = in_fp64(model_of(name, weights))
    loss = packed_loss(model, batch)
    alone = loss_alone(model, batch)
    assert abs(loss.item() - alone) < 1e-6, (name, loss.item(), alone)
    loss.backward()
    gradients = {key: value.grad.float() for key, value in trained_of(model).items()}
    if has_file:
        save_file(gradients, HERE / "packed.safetensors")
    print(f"packed {name}: loss {loss.item():.6f}, one by one {alone:.6f}")
    norms = {key: float(f"{value.norm():.7g}") for key, value in gradients.items()}
    return dict(model=name, loss=loss.item(), gradientNorms=norms)


def model_of(name, weights):
    """A model of ../architectures that may have the weights of another one."""
    if weights == name:
        return loaded(name)
    work = HERE / "tmp-model"
    shutil.copytree(MODELS / name, work)
    shutil.copy(MODELS / weights / "model.safetensors", work)
    model = AutoModelForCausalLM.from_pretrained(work, dtype=torch.float32, attn_implementation="eager")
    shutil.rmtree(work)
    return model


def written(batch):
    """Targets that are none are -1 in the file."""
    return dict(batch, targets=[-1 if target == IGNORED else target for target in batch["targets"]])


def main():
    for folder in ("initial", "final"):
        shutil.rmtree(HERE / folder, ignore_errors=True)
        (HERE / folder).mkdir()
    sets = list(batches())
    trained = [case_of(*case, seed, sets) for seed, case in enumerate(cases())]
    packed = batch_of([row_of([13, 18, 6], 2, 900, 40), row_of([21, 15], 5, 901, 40)], 40)
    models = (("qwen2", "qwen2"), ("qwen2-sliding", "qwen2"), ("llama-untied", "llama-untied"), ("gemma3", "gemma3"))
    results = [packed_of(*model, packed, has_file=model[0] == "qwen2") for model in models]
    lines = [
        '"sets": [\n' + ",\n".join(json.dumps([written(batch) for batch in batches]) for batches in sets) + "\n]",
        '"cases": [\n' + ",\n".join(json.dumps(case) for case in trained) + "\n]",
        f'"packed": {json.dumps(written(packed))}',
        '"packedResults": [\n' + ",\n".join(json.dumps(result) for result in results) + "\n]",
    ]
    (HERE / "cases.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
