"""The variants: each function reads the base's folder and writes one variant's folder."""

import json
import shutil
import zlib

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import LlamaForCausalLM

import training

KINDS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

#: Relative Frobenius size of the planted delta by module kind; times (layer + 1).
PLANTED_SIZES = {kind: 0.002 * (index + 1) for index, kind in enumerate(KINDS)}


def save(model, folder, dtype):
    """Tensors in their own memory, so that saving cannot change the model."""
    copy = LlamaForCausalLM(model.config).to(dtype)
    copy.load_state_dict(model.state_dict())
    copy.config.dtype = dtype
    copy.save_pretrained(folder)


def load(folder, dtype=torch.float32):
    return LlamaForCausalLM.from_pretrained(folder, dtype=dtype)


def kind_of(name):
    """(kind, layer) of a linear weight inside a layer, else None."""
    parts = name.split(".")
    if len(parts) < 3 or parts[-2] not in KINDS:
        return None
    return parts[-2], int(parts[parts.index("layers") + 1])


def generator_of(name):
    return torch.Generator().manual_seed(zlib.crc32(name.encode()))


def rewrite(base, folder, change, dtype=None):
    """Writes a copy of the base, its linear weights changed by `change(name, kind, layer, weight)` in fp64."""
    tensors = load_file(base / "model.safetensors")
    if base != folder:
        shutil.copytree(base, folder)
    for name, weight in tensors.items():
        place = kind_of(name)
        changed = weight.double() if place is None else change(name, *place, weight.double())
        tensors[name] = changed.to(dtype or weight.dtype).contiguous()
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def of_size(delta, weight, relative):
    return delta * (relative * weight.norm() / delta.norm())


def plant_low_rank(base, folder, rank, relative):
    """weight + b a with Gaussian factors, rounded once to the base's dtype: a LoRA as it would be merged."""

    def change(name, kind, layer, weight):
        generator = generator_of(f"{name} {rank}")
        b = torch.randn(weight.shape[0], rank, generator=generator, dtype=torch.float64)
        a = torch.randn(rank, weight.shape[1], generator=generator, dtype=torch.float64)
        return weight + of_size(b @ a, weight, relative)

    rewrite(base, folder, change)


def plant_sizes(base, folder, dtype, layers=None):
    """A dense Gaussian delta of PLANTED_SIZES in every linear weight."""

    def change(name, kind, layer, weight):
        if layers is not None and layer not in layers:
            return weight
        noise = torch.randn(weight.shape, generator=generator_of(name), dtype=torch.float64)
        return weight + of_size(noise, weight, PLANTED_SIZES[kind] * (layer + 1))

    rewrite(base, folder, change, dtype)


def plant_sign_flips(base, folder, layers=None):
    """Negates a known number of nonzero weights in each linear weight and changes nothing else. Gives the numbers."""
    counts = {}

    def change(name, kind, layer, weight):
        if layers is not None and layer not in layers:
            return weight
        count = 3 + 5 * KINDS.index(kind) + 40 * layer
        flat = weight.flatten()
        places = torch.nonzero(flat).flatten()
        chosen = places[torch.randperm(len(places), generator=generator_of(name))[:count]]
        flat[chosen] = -flat[chosen]
        counts[name] = count
        return flat.view_as(weight)

    rewrite(base, folder, change)
    return counts


def train_adapter(base, folder, ids, shape, rank, steps, dora=False):
    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=KINDS, use_dora=dora, task_type="CAUSAL_LM")
    torch.manual_seed(2)
    model = get_peft_model(load(base), config)
    training.train(model, ids, shape, rate=2e-3, steps=steps, seed=2)
    model.save_pretrained(folder, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)
    settings = json.loads((folder / "adapter_config.json").read_text())
    settings["base_model_name_or_path"] = "../base"
    (folder / "adapter_config.json").write_text(json.dumps(settings, indent=1, sort_keys=True) + "\n")


def shrink_adapter(base, adapter, folder, relative):
    """The same adapter, each module's b scaled so that its delta has this relative size."""
    shutil.copytree(adapter, folder)
    weights, factors = load_file(base / "model.safetensors"), load_file(adapter / "adapter_model.safetensors")
    settings = json.loads((adapter / "adapter_config.json").read_text())
    for name in [name for name in factors if name.endswith("lora_B.weight")]:
        weight = weights[name.removeprefix("base_model.model.").replace(".lora_B", "")].double()
        b, a = factors[name].double(), factors[name.replace("lora_B", "lora_A")].double()
        delta = settings["lora_alpha"] / settings["r"] * b @ a
        factors[name] = (b * (relative * weight.norm() / delta.norm())).float()
    save_file(factors, folder / "adapter_model.safetensors", metadata={"format": "pt"})


def merge_adapter(base, adapter, folder, dtype):
    """As users do it: peft's own merge on the base loaded in this dtype."""
    merged = PeftModel.from_pretrained(load(base, dtype), adapter).merge_and_unload()
    merged.config.dtype = dtype
    merged.save_pretrained(folder)


def train_fully(base, folder, ids, shape, steps):
    model = load(base)
    training.train(model, ids, shape, rate=3e-4, steps=steps, seed=3)
    save(model, folder, torch.bfloat16)


def drop_what_tests_do_not_need(folder):
    """The tiny form keeps one tokenizer, the base's, and no generation settings of the variants."""
    kept = ("config.json", "adapter_config.json")
    for path in folder.glob("*/*"):
        if path.parent.name != "base" and path.suffix != ".safetensors" and path.name not in kept:
            path.unlink()
