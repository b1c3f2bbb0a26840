"""What is true of two tensors, in numpy fp64 from the bytes of the files: neither torch nor tunediff has a part in it."""

import json
import math

import numpy as np

QUANTILES = (0.5, 0.9, 0.99)
#: Bits of mantissa and the exponent of the smallest normal number.
FORMATS = {"BF16": (7, -126), "F16": (10, -14), "F32": (23, -126)}


class Checkpoint:
    """model.safetensors of a folder, read without the library."""

    def __init__(self, folder, file="model.safetensors"):
        self.path = folder / file
        with open(self.path, "rb") as opened:
            size = int.from_bytes(opened.read(8), "little")
            self.header = json.loads(opened.read(size))
        self.header.pop("__metadata__", None)
        self.start, self.names = 8 + size, sorted(self.header)

    def read(self, name):
        """(values in fp64, dtype)."""
        entry = self.header[name]
        begin, end = entry["data_offsets"]
        with open(self.path, "rb") as opened:
            opened.seek(self.start + begin)
            data = opened.read(end - begin)
        return decode(data, entry["dtype"]).reshape(entry["shape"]), entry["dtype"]


def decode(data, dtype):
    if dtype == "BF16":
        return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32).astype(np.float64)
    return np.frombuffer(data, {"F16": "<f2", "F32": "<f4"}[dtype]).astype(np.float64)


class AdaptedCheckpoint:
    """A base with an unmerged LoRA or DoRA adapter: W + s B A, for DoRA with rows brought to the norms in its file."""

    def __init__(self, base, adapter):
        self.base, self.factors = Checkpoint(base), Checkpoint(adapter, "adapter_model.safetensors")
        settings = json.loads((adapter / "adapter_config.json").read_text())
        self.scale = settings["lora_alpha"] / settings["r"]

    def read(self, name):
        weight, dtype = self.base.read(name)
        module = "base_model.model." + name.removesuffix(".weight")
        if f"{module}.lora_A.weight" not in self.factors.names:
            return weight, dtype
        a, b = (self.factors.read(f"{module}.lora_{factor}.weight")[0] for factor in "AB")
        adapted = weight + self.scale * (b @ a)
        if f"{module}.lora_magnitude_vector" in self.factors.names:
            norms = self.factors.read(f"{module}.lora_magnitude_vector")[0]
            adapted *= (norms / np.linalg.norm(adapted, axis=1))[:, None]
        return adapted, "F64"


def spacing(values, dtype):
    """Distance between neighbouring numbers of the format at each value; 0 for what is no float format (of blocks)."""
    if dtype not in FORMATS:
        return np.zeros_like(values)
    mantissa, least = FORMATS[dtype]
    exponent = np.frexp(np.abs(values))[1] - 1
    exponent = np.where(values == 0, least, np.maximum(exponent, least))
    return np.ldexp(1.0, exponent - mantissa)


def compare(base, variant):
    """
    All that is known of one tensor. Counts are of elements; quantiles are elements (the smallest that reaches the share).
    The spacing is of the coarser of the two formats at the larger of the two magnitudes.
    """
    (w, base_dtype), (v, variant_dtype) = base, variant
    delta = v - w
    size = np.abs(delta)
    larger = np.maximum(np.abs(w), np.abs(v))
    coarser = np.maximum(spacing(larger, base_dtype), spacing(larger, variant_dtype))
    known = {
        "shape": list(w.shape),
        "dtypes": [base_dtype, variant_dtype],
        "baseSquares": np.sum(w * w),
        "variantSquares": np.sum(v * v),
        "deltaSquares": np.sum(delta * delta),
        "spacingSquares": np.sum(coarser**2),
        "maxSpacing": coarser.max(),
        "maxAbsDelta": size.max(),
        "quantiles": dict(zip(map(str, QUANTILES), np.quantile(size, QUANTILES, method="inverted_cdf"))),
        "changed": np.count_nonzero(w.astype(np.float32).view(np.uint32) != v.astype(np.float32).view(np.uint32)),
        "aboveOneUlp": np.count_nonzero(size > coarser),
        "signFlips": np.count_nonzero(w * v < 0),
    }
    known |= ratios(known)
    if w.ndim == 2 and known["deltaSquares"] > 0:
        known["singularValues"] = np.linalg.svd(delta, compute_uv=False)[:10].tolist()
    return known


def ratios(sums):
    """1 - cos = (|D|^2 - (|V| - |W|)^2) / (2 |W| |V|): nothing of a small change is lost in 1 - 0.99999."""
    base, variant = math.sqrt(sums["baseSquares"]), math.sqrt(sums["variantSquares"])
    return {
        "relative": math.sqrt(sums["deltaSquares"]) / base,
        "oneMinusCosine": (sums["deltaSquares"] - (variant - base) ** 2) / (2 * base * variant),
    }


def pool(tensors):
    sums = {key: sum(t[key] for t in tensors) for key in ("baseSquares", "variantSquares", "deltaSquares", "changed", "signFlips")}
    return {**sums, **ratios(sums), "weights": sum(math.prod(t["shape"]) for t in tensors)}


def rounded(value):
    """Ten significant digits: exact enough for every test, and small."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.10g}")
    return int(value) if isinstance(value, np.integer) else value
