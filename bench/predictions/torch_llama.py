"""A Llama in plain PyTorch, as fast as one writes it by hand: fused RMS norm, grouped attention by SDPA or in steps."""

import json
import math
import pathlib

import torch
import torch.nn.functional as F
from safetensors import safe_open


class Llama:
    """Weights of a safetensors folder; `hidden` is what the output layer is given."""

    def __init__(self, folder, attention="sdpa", dtype=torch.float32):
        folder = pathlib.Path(folder)
        config = json.loads((folder / "config.json").read_text())
        with safe_open(folder / "model.safetensors", "pt") as file:
            self.weights = {name: file.get_tensor(name).to(dtype) for name in file.keys()}
        self.layers, self.heads, self.keys = (
            config[f"num_{key}"] for key in ("hidden_layers", "attention_heads", "key_value_heads")
        )
        self.width, self.eps, self.theta = config["hidden_size"], config["rms_norm_eps"], config["rope_theta"]
        self.size = self.width // self.heads
        self.attention, self.dtype, self.tables = attention, dtype, {}

    def weight(self, name):
        return self.weights[name + ".weight"]

    def rotary(self, tokens):
        if tokens not in self.tables:
            powers = torch.arange(0, self.size, 2, dtype=torch.float64) / self.size
            angles = torch.arange(tokens, dtype=torch.float64)[:, None] * self.theta**-powers
            angles = torch.cat([angles, angles], -1)
            mask = torch.full((tokens, tokens), -1e9).triu(1).to(self.dtype)
            self.tables[tokens] = angles.cos().to(self.dtype), angles.sin().to(self.dtype), mask
        return self.tables[tokens]

    def norm(self, x, name):
        return F.rms_norm(x, (self.width,), self.weight(name), self.eps)

    def attend(self, x, name):
        tokens = x.shape[1]
        cos, sin, mask = self.rotary(tokens)
        q, k, v = (
            F.linear(x, self.weight(f"{name}.{part}_proj")).view(1, tokens, -1, self.size).transpose(1, 2) for part in "qkv"
        )
        q, k = (y * cos + torch.cat([-y[..., self.size // 2 :], y[..., : self.size // 2]], -1) * sin for y in (q, k))
        if self.attention == "sdpa":
            out = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        else:
            k, v = (y.repeat_interleave(self.heads // self.keys, 1) for y in (k, v))
            out = F.softmax(q @ k.transpose(2, 3) / math.sqrt(self.size) + mask, -1) @ v
        return F.linear(out.transpose(1, 2).reshape(1, tokens, -1), self.weight(f"{name}.o_proj"))

    def hidden(self, ids):
        x = F.embedding(ids[None], self.weight("model.embed_tokens"))
        for i in range(self.layers):
            name = f"model.layers.{i}"
            x = x + self.attend(self.norm(x, f"{name}.input_layernorm"), f"{name}.self_attn")
            h = self.norm(x, f"{name}.post_attention_layernorm")
            gate, up = (F.linear(h, self.weight(f"{name}.mlp.{part}_proj")) for part in ("gate", "up"))
            x = x + F.linear(F.silu(gate) * up, self.weight(f"{name}.mlp.down_proj"))
        return self.norm(x, "model.norm")[0]

    def logits(self, rows):
        return F.linear(rows, self.weight("model.embed_tokens"))


def token_ids(count, vocabulary):
    """The same in forward.mjs and kl.mjs."""
    return torch.tensor([(i * 7919 + 11) % vocabulary for i in range(count)])


def set_up(threads):
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
