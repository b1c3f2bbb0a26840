"""A base and a variant of SmolLM2-135M's shape with random weights in fp32, as safetensors folders. Data for a benchmark.

    python make_model.py FOLDER [small]    writes FOLDER/base and FOLDER/variant
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
    "small": dict(
        hidden_size=192, intermediate_size=512, num_hidden_layers=4, num_attention_heads=6, num_key_value_heads=3, vocab_size=4096
    ),
}
shape = SHAPES[sys.argv[2] if sys.argv[2:] else "smollm2"]
config = dict(
    **shape, architectures=["LlamaForCausalLM"], model_type="llama", hidden_act="silu", max_position_embeddings=8192,
    rms_norm_eps=1e-5, rope_theta=100000, tie_word_embeddings=True, attention_bias=False, torch_dtype="float32",
)  # fmt: skip
generator = torch.Generator().manual_seed(1)


def normal(rows, columns, scale):
    return torch.randn(rows, columns, generator=generator) * scale


def weights():
    width, inner = shape["hidden_size"], shape["intermediate_size"]
    keys = width // shape["num_attention_heads"] * shape["num_key_value_heads"]
    tensors = {"model.embed_tokens.weight": normal(shape["vocab_size"], width, 2 / width**0.5)}
    sizes = {
        "self_attn.q_proj": (width, width), "self_attn.k_proj": (keys, width), "self_attn.v_proj": (keys, width),
        "self_attn.o_proj": (width, width), "mlp.gate_proj": (inner, width), "mlp.up_proj": (inner, width),
        "mlp.down_proj": (width, inner),
    }  # fmt: skip
    for layer in range(shape["num_hidden_layers"]):
        for name, (rows, columns) in sizes.items():
            tensors[f"model.layers.{layer}.{name}.weight"] = normal(rows, columns, columns**-0.5)
        for name in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"model.layers.{layer}.{name}.weight"] = torch.ones(width)
    tensors["model.norm.weight"] = torch.ones(width)
    return tensors


def write(folder, tensors):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config, indent=1))
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


tensors = weights()
out = pathlib.Path(sys.argv[1])
write(out / "base", tensors)
for name, tensor in tensors.items():
    if "_proj" in name:
        tensor += normal(*tensor.shape, 0.02 * tensor.shape[1] ** -0.5)
write(out / "variant", tensors)
