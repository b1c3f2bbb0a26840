"""A Llama with random weights in fp32 as a safetensors folder, and an adapter to begin with. Data for a benchmark.

    python make_model.py FOLDER SHAPE RANK    writes FOLDER, with the adapter in FOLDER/start

Linear layers are on the grid of NF4 already, so that quantising them changes nothing: LoRA in fp32 and QLoRA train the same.
The adapter has the names that tunediff's engine has for its values: A is Kaiming uniform, B is zero.
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file

SHAPES = {
    "smollm2": dict(
        hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3, vocab_size=49152
    ),
    "3m": dict(
        hidden_size=192, intermediate_size=768, num_hidden_layers=4, num_attention_heads=6, num_key_value_heads=3, vocab_size=4096
    ),
}
NF4 = torch.tensor(
    [-1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334]
    + [-0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224]
    + [0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1]
)
folder, shape, rank = pathlib.Path(sys.argv[1]), SHAPES[sys.argv[2]], int(sys.argv[3])
config = dict(
    **shape, architectures=["LlamaForCausalLM"], model_type="llama", hidden_act="silu", max_position_embeddings=8192,
    rms_norm_eps=1e-5, rope_theta=100000, tie_word_embeddings=True, attention_bias=False, torch_dtype="float32",
)  # fmt: skip
generator = torch.Generator().manual_seed(1)


def on_grid(weight):
    blocks = weight.reshape(-1, 64)
    largest = blocks.abs().amax(1, keepdim=True)
    codes = torch.bucketize(blocks / largest, (NF4[1:] + NF4[:-1]) / 2)
    return (NF4[codes] * largest).reshape(weight.shape)


def linear_shapes():
    width, inner = shape["hidden_size"], shape["intermediate_size"]
    keys = width // shape["num_attention_heads"] * shape["num_key_value_heads"]
    return {
        "self_attn.q_proj": (width, width), "self_attn.k_proj": (keys, width), "self_attn.v_proj": (keys, width),
        "self_attn.o_proj": (width, width), "mlp.gate_proj": (inner, width), "mlp.up_proj": (inner, width),
        "mlp.down_proj": (width, inner),
    }  # fmt: skip


def made():
    width = shape["hidden_size"]
    embedding = torch.randn(shape["vocab_size"], width, generator=generator) * 2 / width**0.5
    weights, adapter = {"model.embed_tokens.weight": embedding}, {}
    for layer in range(shape["num_hidden_layers"]):
        for name, (rows, columns) in linear_shapes().items():
            weight = torch.randn(rows, columns, generator=generator) * columns**-0.5
            weights[f"model.layers.{layer}.{name}.weight"] = on_grid(weight)
            a = (torch.rand(rank, columns, generator=generator) * 2 - 1) * columns**-0.5
            adapter[f"layers.{layer}.{name}.weight.lora.0.a"] = a
            adapter[f"layers.{layer}.{name}.weight.lora.0.b"] = torch.zeros(rows, rank)
        for name in ("input_layernorm", "post_attention_layernorm"):
            weights[f"model.layers.{layer}.{name}.weight"] = torch.ones(width)
    weights["model.norm.weight"] = torch.ones(width)
    return weights, adapter


weights, adapter = made()
folder.mkdir(parents=True, exist_ok=True)
(folder / "config.json").write_text(json.dumps(config, indent=1))
save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
(folder / "start").mkdir(exist_ok=True)  # not beside the weights: it is none of the model's files
save_file(adapter, folder / "start" / "adapter.safetensors")
