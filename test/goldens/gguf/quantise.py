"""Values quantised and dequantised by the tools whose schemes these are: PyPI gguf 0.19, and bitsandbytes 0.50 on the CPU.

python quantise.py    writes quantise.json. The values themselves are made by `made_up`, which the test does likewise.
"""

import base64
import hashlib
import json
from pathlib import Path

import gguf
import numpy as np
import torch
from bitsandbytes import functional

ROWS, COLUMNS = 300, 128


def made_up():
    """A linear congruential generator; sizes fall by two with each block of 32, and one block is zeros."""
    state, values = 4, np.zeros(ROWS * COLUMNS, np.float32)
    for i in range(values.size):
        state = (state * 1664525 + 1013904223) % 2**32
        block = i // 32
        values[i] = 0 if block == 70 else (state / 2**32 - 0.5) * 2.0 ** -(block % 11)
    return values


def described(values):
    values = np.ascontiguousarray(values, dtype="<f4").ravel()
    return {
        "sha256": hashlib.sha256((values + 0).tobytes()).hexdigest(),  # + 0: no negative zeros
        "sum": float(values.astype(np.float64).sum()),
        "first": [float(value) for value in values[:32]],
    }


def by_gguf(values, name):
    kind = gguf.GGMLQuantizationType[name]
    return gguf.quants.dequantize(gguf.quants.quantize(values.reshape(ROWS, COLUMNS), kind), kind)


def by_bitsandbytes(values, double):
    return functional.quantize_4bit(
        torch.from_numpy(values.reshape(ROWS, COLUMNS)), blocksize=64, quant_type="nf4", compress_statistics=double
    )


def base64_of(values):
    return base64.b64encode(values.numpy().astype("<f4").tobytes()).decode()


values = made_up()
goldens = {name: described(by_gguf(values, name)) for name in ["Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1"]}
packed, state = by_bitsandbytes(values, False)
goldens["NF4"] = described(functional.dequantize_4bit(packed, state).numpy())
goldens["packed"] = {
    "codes": hashlib.sha256(packed.numpy().tobytes()).hexdigest(),
    "first": packed.flatten()[:32].tolist(),
    "scales": base64_of(state.absmax),
}
packed, state = by_bitsandbytes(values, True)
goldens["doubleQuantisation"] = {
    "map": base64_of(functional.create_dynamic_map()),
    "scales": base64_of(functional.dequantize_blockwise(state.absmax, state.state2) + state.offset),
    "first": described(functional.dequantize_4bit(packed, state).numpy())["first"],
}
lines = [f'"{name}": {json.dumps(golden)}' for name, golden in goldens.items()]
Path(__file__).with_name("quantise.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
