# Writes types.safetensors with the safetensors library, and types.json with what torch reads in it: values as fp32
# bits, and for floats the distance to the neighbour of larger magnitude. Versions: see the metadata of the file.
#   python make.py      (needs torch, numpy, safetensors)
import json
import pathlib

import numpy as np
import safetensors
import torch
from safetensors.torch import save_file

here = pathlib.Path(__file__).parent
torch.manual_seed(0)


def codes(bits, step=1):
    integer = {8: np.uint8, 16: np.uint16}[bits]
    return torch.from_numpy(np.arange(0, 2**bits, step, dtype=np.uint32).astype(integer).copy())


tensors = {
    "f64": torch.randn(3, 5, dtype=torch.float64),
    "f32": torch.tensor([0.0, -0.0, 1.0, -1.5, 1e-45, 1.1754944e-38, 3.4e38, float("inf"), float("-inf"), float("nan")]),
    "f16": codes(16, 61).view(torch.float16),
    "bf16": codes(16, 61).view(torch.bfloat16),
    "f8_e4m3": codes(8).view(torch.float8_e4m3fn).reshape(16, 16),
    "f8_e5m2": codes(8).view(torch.float8_e5m2).reshape(16, 16),
    "i8": codes(8).view(torch.int8),
    "u8": codes(8),
    "scalar": torch.tensor(2.5),
    "empty": torch.zeros(0, 7),
    "i32": torch.arange(4, dtype=torch.int32),
    "bool": torch.tensor([True, False]),
}
save_file(tensors, here / "types.safetensors", {"torch": torch.__version__, "safetensors": safetensors.__version__})


def fp32_bits(tensor):
    return tensor.to(torch.float32).flatten().contiguous().view(torch.int32).to(torch.int64).bitwise_and(0xFFFFFFFF).tolist()


def spacings(name, tensor):
    """None where there is no finite neighbour."""
    flat = tensor.flatten()
    if tensor.dtype in (torch.float8_e4m3fn, torch.float8_e5m2):
        magnitude = codes(8)[:128].view(tensor.dtype).to(torch.float64)
        gaps = torch.cat([magnitude[1:] - magnitude[:-1], torch.tensor([float("nan")], dtype=torch.float64)])
        gap = gaps[flat.view(torch.uint8).to(torch.int64) & 0x7F]
    else:
        above = torch.nextafter(flat.abs(), torch.tensor(float("inf"), dtype=tensor.dtype))
        gap = above.to(torch.float64) - flat.abs().to(torch.float64)
    return [float(g) if np.isfinite(float(g)) else None for g in gap]


expected = {}
for name, tensor in tensors.items():
    if tensor.dtype in (torch.int32, torch.bool):
        continue
    entry = {"bits": fp32_bits(tensor)}
    if tensor.is_floating_point() and tensor.dtype != torch.float64:
        entry["spacings"] = spacings(name, tensor)
    expected[name] = entry
(here / "types.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
