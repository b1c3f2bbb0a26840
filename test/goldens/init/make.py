"""What transformers makes of a config: names, shapes and first values of all weights, as it saves them.

    python make.py                  (torch 2.13, transformers 5.23, scipy 1.17)
    python make.py check FOLDER...  loads models that tunediff made: no missing, unexpected or misshapen weight, and the
                                    loss of a few tokens is about the logarithm of the vocabulary (run by hand)

cases.json   models: config.json as transformers saves it, and of every weight its shape and either the one number that it
             holds or the standard deviation of its values; rows that are 0
             stream: the first values that a seed and a name give, by the formulas of src/tensor/random.ts and scipy
"""

import hashlib
import json
import math
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file
from scipy.stats import norm
from transformers import (
    AutoModelForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    MistralConfig,
    Qwen2Config,
    Qwen3Config,
)

HERE = Path(__file__).parent
SHAPE = dict(
    vocab_size=512, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=64, bos_token_id=1, eos_token_id=2,
)  # fmt: skip


def configs():
    yield "llama", LlamaConfig(**SHAPE, tie_word_embeddings=True, pad_token_id=0)
    biases = dict(attention_bias=True, mlp_bias=True)
    yield "llama-biases", LlamaConfig(**SHAPE, **biases, head_dim=24, initializer_range=0.05)
    yield "llama-plain", LlamaConfig(**SHAPE | dict(num_key_value_heads=None), pad_token_id=-1, dtype="bfloat16")
    yield "mistral", MistralConfig(**SHAPE, head_dim=24, sliding_window=16, pad_token_id=2)
    yield "qwen2", Qwen2Config(**SHAPE, tie_word_embeddings=True)
    yield "qwen2-untied", Qwen2Config(**SHAPE, pad_token_id=511, initializer_range=0.0)
    yield "qwen3", Qwen3Config(**SHAPE, head_dim=24, tie_word_embeddings=True)
    yield "qwen3-biases", Qwen3Config(**SHAPE, attention_bias=True)
    yield "gemma3", Gemma3TextConfig(**SHAPE, head_dim=16, sliding_window=8)
    untied = dict(tie_word_embeddings=False, attention_bias=True, pad_token_id=None)
    yield "gemma3-untied", Gemma3TextConfig(**SHAPE, **untied, sliding_window=8)


def first_values(values):
    if (values == values.flatten()[0]).all():
        return {"constant": values.flatten()[0].item()}
    zero = (values == 0).all(dim=1).nonzero().flatten().tolist()
    kept = values[[row for row in range(len(values)) if row not in zero]].double()
    return {"sd": round(kept.std().item(), 6)} | ({"zeroRows": zero} if zero else {})


def model_case(name, config):
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        weights = load_file(Path(folder) / "model.safetensors")
    described = {key: {"shape": list(weights[key].shape)} | first_values(weights[key]) for key in sorted(weights)}
    with tempfile.TemporaryDirectory() as folder:
        config.save_pretrained(folder)
        written = json.loads((Path(folder) / "config.json").read_text())
    return {"name": name, "config": written, "weights": described}


def mixed(x):
    x ^= x >> 16
    x = x * 0x7FEB352D % 2**32
    x ^= x >> 15
    x = x * 0x846CA68B % 2**32
    return x ^ x >> 16


def stream(seed, name, count):
    whole = int(hashlib.sha256(f"{seed} {name}".encode()).hexdigest()[:13], 16)
    key = (whole // 2**32 + 1) * 0x9E3779B1 % 2**32
    bits = [mixed(mixed(index ^ whole % 2**32) ^ key) >> 9 for index in range(count)]
    values = [norm.ppf((b + 0.5) / 2**23).item() for b in bits]
    return {"seed": seed, "name": name, "values": values}


def check(folder):
    model, info = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
    faults = {key: value for key, value in info.items() if value}
    assert not faults, faults
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    ids = torch.arange(5, 45)[None]
    with torch.no_grad():
        loss = model(ids, labels=ids).loss.item()
    vocabulary = model.config.vocab_size
    print(f"{folder}: {type(model).__name__}, loss {loss:.6f}, ln {vocabulary} = {math.log(vocabulary):.6f}")


if sys.argv[1:2] == ["check"]:
    for path in sys.argv[2:]:
        check(path)
else:
    cases = {
        "models": [model_case(name, config) for name, config in configs()],
        "stream": [stream(7, "model.embed_tokens.weight", 64), stream(2**40, "lm_head.weight", 8)],
    }
    models = ",\n".join(json.dumps(case) for case in cases["models"])
    streams = ",\n".join(json.dumps(case) for case in cases["stream"])
    (HERE / "cases.json").write_text(f'{{"models": [\n{models}\n], "stream": [\n{streams}\n]}}\n')
