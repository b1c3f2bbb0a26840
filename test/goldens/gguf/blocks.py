"""Random valid blocks of every block type that is read, and what PyPI gguf makes of them (needs gguf 0.19, numpy).

python blocks.py    writes blocks.json: bytes of the blocks, SHA-256 of their values in fp32, and the first 64 values.
"""

import base64
import hashlib
import json
from pathlib import Path

import gguf
import numpy as np

COUNT = 12
# Where the fp16 numbers lie in a block; all other bytes may be anything.
HALVES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108],
    "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0],
}

random = np.random.default_rng(4)
goldens = {}
for name, places in HALVES.items():
    kind = gguf.GGMLQuantizationType[name]
    _, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, (COUNT, size), dtype=np.uint8)
    for at in places:
        # Sizes from subnormal to 100, both signs; the first block has scale 0.
        scales = random.normal(size=COUNT) * 10.0 ** random.uniform(-7, 2, COUNT)
        scales[0] = 0
        blocks[:, at : at + 2] = scales.astype(np.float16).reshape(-1, 1).view(np.uint8)
    values = gguf.quants.dequantize(blocks, kind).astype("<f4").ravel()
    assert np.isfinite(values).all()
    goldens[name] = {
        "blocks": base64.b64encode(blocks.tobytes()).decode(),
        "sha256": hashlib.sha256(values.tobytes()).hexdigest(),
        "first": [float(value) for value in values[256:320]],
    }
lines = [f'"{name}": {json.dumps(golden)}' for name, golden in goldens.items()]
Path(__file__).with_name("blocks.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
