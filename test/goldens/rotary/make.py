"""Rotary embeddings as transformers makes them from config.json: frequencies and the factor of cos and sin.

    python make.py        (torch 2.13, transformers 5.23)

cases.json: name; config as a file has it; layerType and own, as the family asks for it (null: the only one); frequencies:
headDim / 2 numbers in fp32; scale. Cases without frequencies are refused by us: transformers changes them with the length.
"""

import json
import math
from pathlib import Path

import torch
from transformers import Gemma3TextConfig, LlamaConfig, Qwen2Config, Qwen3Config
from transformers.models.gemma3.modeling_gemma3 import Gemma3RotaryEmbedding
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding
from transformers.models.qwen2.modeling_qwen2 import Qwen2RotaryEmbedding
from transformers.models.qwen3.modeling_qwen3 import Qwen3RotaryEmbedding

HERE = Path(__file__).parent
FAMILIES = dict(
    llama=(LlamaConfig, LlamaRotaryEmbedding),
    qwen2=(Qwen2Config, Qwen2RotaryEmbedding),
    qwen3=(Qwen3Config, Qwen3RotaryEmbedding),
    gemma3_text=(Gemma3TextConfig, Gemma3RotaryEmbedding),
)
LLAMA3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0)
YARN = dict(rope_type="yarn", factor=4.0)


def new(theta, **others):
    return dict(rope_parameters=dict(rope_theta=theta, **others))


def old(theta, **others):
    return dict(rope_theta=theta, rope_scaling=others)


def cases():
    """name, family, head size, what config.json says of positions."""
    yield "plain", "llama", 64, new(100000.0, rope_type="default")
    yield "no base", "llama", 16, {}
    yield "base outside", "llama", 16, dict(rope_theta=500000.0, rope_parameters=dict(rope_type="default"))
    yield "odd base", "qwen2", 128, dict(rope_theta=1234567.0)
    yield "linear", "llama", 32, new(10000.0, rope_type="linear", factor=3.0)
    yield "linear, old", "llama", 32, old(10000.0, type="linear", factor=2.5)
    for factor, original, theta in ((8.0, 8192, 500000.0), (32.0, 8192, 500000.0), (4.0, 64, 300.0)):
        parameters = dict(LLAMA3, factor=factor, original_max_position_embeddings=original)
        yield f"llama3, {factor:g}", "llama", 64, new(theta, **parameters)
        yield f"llama3, {factor:g}, old", "llama", 64, old(theta, **parameters)
    yield "llama3, bands", "llama", 128, new(
        500000.0, **(LLAMA3 | dict(low_freq_factor=2.0, high_freq_factor=3.0)), original_max_position_embeddings=4096
    )
    yield "llama3, own length", "llama", 32, dict(max_position_embeddings=1024, **new(10000.0, **LLAMA3))
    yield "llama3, length outside", "llama", 32, dict(original_max_position_embeddings=256, **new(10000.0, **LLAMA3))
    original = dict(original_max_position_embeddings=4096)
    yield "yarn", "qwen2", 128, new(1000000.0, **YARN, **original)
    yield "yarn, old", "qwen3", 128, old(1000000.0, type="yarn", factor=4.0, original_max_position_embeddings=32768)
    yield "yarn, own length", "llama", 64, dict(max_position_embeddings=512, **new(10000.0, **YARN))
    yield "yarn, attention", "llama", 64, new(10000.0, **YARN, **original, attention_factor=0.75)
    yield "yarn, betas", "llama", 64, new(10000.0, **YARN, **original, beta_fast=16.0, beta_slow=2.0)
    yield "yarn, uncut", "llama", 64, new(10000.0, **YARN, **original, truncate=False)
    yield "yarn, narrow", "llama", 8, new(10000.0, **YARN, original_max_position_embeddings=32, truncate=True)
    yield "yarn, mscales", "llama", 64, new(10000.0, **YARN, **original, mscale=0.707, mscale_all_dim=1.2)
    yield "yarn, mscale", "llama", 64, new(10000.0, **YARN, **original, mscale=0.707)
    yield "yarn, shrunk", "llama", 64, new(10000.0, **(YARN | dict(factor=1.0)), **original)
    gemma = dict(rope_theta=1000000.0, rope_local_base_freq=10000.0)
    yield "gemma", "gemma3_text", 256, gemma
    yield "gemma, linear", "gemma3_text", 256, dict(gemma, rope_scaling=dict(rope_type="linear", factor=8.0))
    yield "dynamic", "llama", 64, new(10000.0, rope_type="dynamic", factor=2.0)
    longrope = dict(rope_type="longrope", factor=4.0, short_factor=[1.0] * 8, long_factor=[2.0] * 8)
    yield "longrope", "llama", 16, new(10000.0, **longrope, original_max_position_embeddings=1024)


def rows(name, family, size, config):
    written = dict(model_type=family, head_dim=size, max_position_embeddings=4096) | config
    if name in ("dynamic", "longrope"):
        return [dict(name=name, config=written, layerType=None, own=None, frequencies=None, scale=None)]
    make, embedding = FAMILIES[family]
    shape = dict(hidden_size=2 * size, num_attention_heads=2, num_key_value_heads=1, num_hidden_layers=6)
    rotary = embedding(make(**shape, **json.loads(json.dumps(written))))
    if family != "gemma3_text":
        return [row(name, written, None, None, rotary.inv_freq, rotary.attention_scaling)]
    own = {
        "sliding_attention": dict(theta=config["rope_local_base_freq"], isScaled=False),
        "full_attention": dict(theta=config["rope_theta"], isScaled=True),
    }
    return [
        row(f"{name}, {kind}", written, kind, own[kind], getattr(rotary, f"{kind}_inv_freq"),
            getattr(rotary, f"{kind}_attention_scaling"))
        for kind in own
    ]  # fmt: skip


def row(name, config, kind, own, frequencies, scale):
    assert frequencies.dtype == torch.float32 and len(frequencies) == config["head_dim"] // 2
    assert math.isfinite(float(frequencies.sum()))
    shown = [float(f"{f:.9g}") for f in frequencies.tolist()]
    return dict(name=name, config=config, layerType=kind, own=own, frequencies=shown, scale=float(scale))


def main():
    lines = [json.dumps(each) for case in cases() for each in rows(*case)]
    (HERE / "cases.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")


main()
