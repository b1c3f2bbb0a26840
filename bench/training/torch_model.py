"""A Llama in plain PyTorch, as fast as one writes it by hand: fused RMS norm, grouped attention by SDPA or in steps, LoRA
as three products. Parameters have the names that transformers gives them."""

import json
import math

import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import nn


class Lora(nn.Module):
    """A linear layer whose weight is frozen, and an update of low rank in fp32."""

    def __init__(self, weight, a, b, scale):
        super().__init__()
        self.weight, self.scale = weight, scale
        self.a, self.b = nn.Parameter(a), nn.Parameter(b)

    def forward(self, x):
        update = F.linear(F.linear(x.to(self.a.dtype), self.a), self.b) * self.scale
        return F.linear(x, self.weight) + update.to(x.dtype)


class Dense(nn.Module):
    def __init__(self, weight):
        super().__init__()
        self.weight = weight

    def forward(self, x):
        return F.linear(x, self.weight)


class Llama(nn.Module):
    def __init__(self, folder, attention, dtype, lora_scale=None):
        super().__init__()
        config = json.loads((folder / "config.json").read_text())
        self.heads, self.keys = config["num_attention_heads"], config["num_key_value_heads"]
        self.width, self.eps, self.theta = config["hidden_size"], config["rms_norm_eps"], config["rope_theta"]
        self.size, self.attention, self.dtype = self.width // self.heads, attention, dtype
        is_full = lora_scale is None
        with safe_open(folder / "model.safetensors", "pt") as file:
            # Copied: what is mapped from the file would count as memory of the process or not, as the kernel likes.
            weights = {name: nn.Parameter(file.get_tensor(name).to(dtype, copy=True), is_full) for name in file.keys()}
        adapter = safe_open(folder / "start" / "adapter.safetensors", "pt")
        self.embedding, self.norm = weights["model.embed_tokens.weight"], weights["model.norm.weight"]
        self.layers = nn.ModuleList()
        for i in range(config["num_hidden_layers"]):
            layer = nn.Module()
            for part in ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"):
                inner = f"layers.{i}.{'self_attn' if part[0] in 'qkvo' else 'mlp'}.{part}.weight"
                weight = weights[f"model.{inner}"]
                if is_full:
                    setattr(layer, part, Dense(weight))
                else:
                    factors = (adapter.get_tensor(f"{inner}.lora.0.{factor}") for factor in "ab")
                    setattr(layer, part, Lora(weight, *factors, lora_scale))
            layer.before = weights[f"model.layers.{i}.input_layernorm.weight"]
            layer.between = weights[f"model.layers.{i}.post_attention_layernorm.weight"]
            self.layers.append(layer)
        self.tables = None

    def rotary(self, tokens):
        if self.tables is None:
            powers = torch.arange(0, self.size, 2, dtype=torch.float64) / self.size
            angles = torch.arange(tokens, dtype=torch.float64)[:, None] * self.theta**-powers
            angles = torch.cat([angles, angles], -1)
            mask = torch.full((tokens, tokens), -1e9).triu(1).to(self.dtype)
            self.tables = angles.cos().to(self.dtype), angles.sin().to(self.dtype), mask
        return self.tables

    def attend(self, layer, x):
        rows, tokens = x.shape[:2]
        cos, sin, mask = self.rotary(tokens)
        q, k, v = (
            project(x).view(rows, tokens, -1, self.size).transpose(1, 2)
            for project in (layer.q_proj, layer.k_proj, layer.v_proj)
        )
        q, k = (y * cos + torch.cat([-y[..., self.size // 2 :], y[..., : self.size // 2]], -1) * sin for y in (q, k))
        if self.attention == "sdpa":
            out = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        else:
            k, v = (y.repeat_interleave(self.heads // self.keys, 1) for y in (k, v))
            out = F.softmax(q @ k.transpose(2, 3) / math.sqrt(self.size) + mask, -1) @ v
        return layer.o_proj(out.transpose(1, 2).reshape(rows, tokens, -1))

    def forward(self, ids):
        x = F.embedding(ids, self.embedding)
        for layer in self.layers:
            x = x + self.attend(layer, F.rms_norm(x, (self.width,), layer.before, self.eps))
            h = F.rms_norm(x, (self.width,), layer.between, self.eps)
            x = x + layer.down_proj(F.silu(layer.gate_proj(h)) * layer.up_proj(h))
        return F.linear(F.rms_norm(x, (self.width,), self.norm, self.eps), self.embedding)
