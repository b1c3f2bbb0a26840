"""Values and gradients in fp64 by PyTorch's autograd of the operations of src/tensor/ops, named as test/tensor/ops has them.
Python 3.11. Run: python ops.py > ops.json (torch 2.13.0)."""
import json

import torch
import torch.nn.functional as F

torch.manual_seed(5)
torch.set_default_dtype(torch.float64)

POSITIONS = [0, 1, 2, 5, 6, 40]
IDS = torch.tensor([3, 0, 3, 6, 3, 1])
WEIGHTS = torch.tensor([1, 0.5, 0, 2, 1, 0.25])
LINEAR = {
    "weight": (4, 6), "bias": (4,), "a": (2, 6), "b": (4, 2), "a2": (3, 6), "b2": (4, 3),
    "outputScale": (4,), "inputScale": (6,),
}


def linear(p):
    x = p["x"] * p.get("inputScale", 1)
    y = F.linear(x, p["weight"])
    for a, b, scale in [("a", "b", 0.5), ("a2", "b2", -1.5)]:
        if a in p:
            y = y + scale * F.linear(F.linear(x, p[a]), p[b])
    return y * p.get("outputScale", 1) + p.get("bias", 0)


def rms_norm(x, gamma, epsilon):
    return F.rms_norm(x, x.shape[-1:], gamma, epsilon)


def rotate(x, size, positions, theta=10000.0):
    """x [B, T, heads * size]; rotate_half as transformers has it."""
    batch, length, width = x.shape
    heads = x.view(batch, length, width // size, size)
    frequencies = theta ** (-torch.arange(0, size, 2) / size)
    angles = torch.tensor(positions).view(batch, length, 1, 1) * frequencies
    angles = torch.cat([angles, angles], -1)
    turned = torch.cat([-heads[..., size // 2 :], heads[..., : size // 2]], -1)
    return (heads * angles.cos() + turned * angles.sin()).reshape(batch, length, width)


def attention(q, k, v, heads, kv_heads, scale, window=99):
    batch, length, _ = q.shape
    split = lambda x, n: x.view(batch, length, n, -1).transpose(1, 2)
    i, j = torch.arange(length).view(-1, 1), torch.arange(length)
    seen = (j <= i) & (i - j < window)
    group = heads // kv_heads
    k, v = (split(x, kv_heads).repeat_interleave(group, 1) for x in (k, v))
    y = F.scaled_dot_product_attention(split(q, heads), k, v, attn_mask=seen, scale=scale)
    return y.transpose(1, 2).reshape(batch * length, -1)


def entropy(h, table, targets):
    return (WEIGHTS * F.cross_entropy(F.linear(h, table), targets, reduction="none")).sum().view(1)


LAYER = {"q": (12, 8), "k": (4, 8), "v": (4, 8), "o": (8, 12), "gate": (10, 8), "up": (10, 8), "down": (8, 10)}


def layer(p):
    def mapped(name, x):
        return F.linear(x, p[name]) + 2 * F.linear(F.linear(x, p[name + ".a"]), p[name + ".b"])

    positions = [0, 1, 2, 0, 1, 2]
    batched = lambda x: x.view(2, 3, -1)
    h = rms_norm(p["x"], p["norm1"], 1e-5)
    q, k = (rotate(batched(mapped(name, h)), 4, positions) for name in "qk")
    middle = p["x"] + mapped("o", attention(q, k, batched(mapped("v", h)), 3, 1, 0.5))
    h = rms_norm(middle, p["norm2"], 1e-5)
    return middle + mapped("down", F.silu(mapped("gate", h)) * mapped("up", h))


def linear_case(name, *parts):
    shapes = {"x": (5, 6), "weight": LINEAR["weight"], **{part: LINEAR[part] for part in parts}}
    return f"linear: {name}", shapes, linear


def attention_case(name, batch, length, heads, kv_heads, size, window=99):
    keys = (batch, length, kv_heads * size)
    shapes = {"q": (batch, length, heads * size), "k": keys, "v": keys}
    return name, shapes, lambda p: attention(p["q"], p["k"], p["v"], heads, kv_heads, 0.4, window)


LAYER_SHAPES = {"x": (6, 8), "norm1": (8,), "norm2": (8,)}
for key, (out, inside) in LAYER.items():
    LAYER_SHAPES |= {key: (out, inside), f"{key}.a": (2, inside), f"{key}.b": (out, 2)}

CASES = [
    linear_case("alone"),
    linear_case("bias", "bias"),
    linear_case("one LoRA term", "a", "b"),
    linear_case("two LoRA terms and a bias", "bias", "a", "b", "a2", "b2"),
    linear_case("scaled rows and a bias, as DoRA", "bias", "a", "b", "outputScale"),
    linear_case("scaled input, as IA3", "inputScale"),
    linear_case("everything", "bias", "a", "b", "a2", "b2", "outputScale", "inputScale"),
    ("add, one input twice", {"a": (3, 5), "b": (3, 5)}, lambda p: p["a"] + p["b"] + p["a"]),
    ("reshape and scale", {"x": (3, 4)}, lambda p: -2.5 * p["x"].view(2, 6)),
    ("swiglu", {"gate": (4, 9), "up": (4, 9)}, lambda p: F.silu(p["gate"]) * p["up"]),
    ("geglu", {"gate": (4, 9), "up": (4, 9)}, lambda p: F.gelu(p["gate"], approximate="tanh") * p["up"]),
    ("gelu tanh", {"x": (4, 9)}, lambda p: F.gelu(p["x"], approximate="tanh")),
    ("gelu erf", {"x": (4, 9)}, lambda p: F.gelu(p["x"])),
    ("rmsNorm", {"x": (5, 12), "gamma": (12,)}, lambda p: rms_norm(p["x"], p["gamma"], 1e-5)),
    ("rmsNorm of heads", {"x": (2, 3, 8), "gamma": (8,)}, lambda p: rms_norm(p["x"], p["gamma"], 1e-2)),
    ("rope", {"x": (2, 3, 18)}, lambda p: rotate(p["x"], 6, POSITIONS)),
    attention_case("attention, a key a head", 2, 4, 2, 2, 3),
    attention_case("attention, groups of three", 2, 4, 6, 2, 4),
    attention_case("attention, one key head and a window", 1, 6, 3, 1, 4, window=2),
    ("embedding", {"table": (7, 4)}, lambda p: F.embedding(IDS, p["table"])),
    *(
        (f"crossEntropy, {rows} rows at once", {"h": (6, 5), "table": (7, 5)}, lambda p: entropy(p["h"], p["table"], IDS))
        for rows in (4, 6, 100)
    ),
    (
        "a table that is embedding and head",
        {"table": (7, 4)},
        lambda p: entropy(F.embedding(IDS, p["table"]), p["table"], IDS.flip(0)),
    ),
    ("a decoder layer", LAYER_SHAPES, layer),
]


def flat(tensor):
    return [float(f"{x:.10g}") for x in tensor.detach().reshape(-1).tolist()]


def drawn(shape):
    """Short numbers that fp32 holds exactly; matrices are scaled as weights are."""
    scale = shape[-1] ** -0.5 if len(shape) == 2 else 1
    return (torch.randn(shape) * scale * 256).round() / 256


def golden(name, shapes, function):
    inputs = {key: drawn(shape).requires_grad_() for key, shape in shapes.items()}
    y = function(inputs)
    seed = (torch.randn(y.shape) * 256).round() / 256 if y.numel() > 1 else torch.tensor([0.75])
    gradients = torch.autograd.grad(y, list(inputs.values()), seed)
    return {
        "name": name,
        "inputs": {key: flat(value) for key, value in inputs.items()},
        "y": flat(y),
        "seed": flat(seed),
        "gradients": {key: flat(value) for key, value in zip(inputs, gradients)},
    }


print("[\n" + ",\n".join(json.dumps(golden(*case), separators=(",", ":")) for case in CASES) + "\n]")
