"""Models in GGUF as transformers reads them (needs transformers 5.23, torch, gguf 0.19).

python models.py tiny             writes tiny.gguf with gguf's own writer, and tiny.json
python models.py FILE.gguf OUT    writes OUT.json of another file
Each line of the JSON: name, shape, sum, first two values, SHA-256 of the values in fp32.
"""

import hashlib
import json
import sys
from pathlib import Path

import gguf
import numpy as np
import torch
from transformers import AutoModelForCausalLM

HERE = Path(__file__).parent
LAYERS, HIDDEN, HEADS, KEY_HEADS, INTERMEDIATE, TOKENS = 2, 64, 4, 2, 32, 32


def write_tiny(path):
    """A Llama of 2 layers with a tensor of most simple types, and one that is not a weight."""
    random = np.random.default_rng(5)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_block_count(LAYERS)
    writer.add_context_length(128)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(INTERMEDIATE)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_HEADS)
    writer.add_rope_dimension_count(HIDDEN // HEADS)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(TOKENS)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list([f"t{i}" for i in range(TOKENS)])
    writer.add_token_merges(["t 1", "t 2"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    kinds = iter(["Q8_0", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1"] * 10)

    def add(name, *shape):
        values = random.normal(size=shape).astype(np.float32)
        kind = gguf.GGMLQuantizationType.F32 if len(shape) == 1 else gguf.GGMLQuantizationType[next(kinds)]
        writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)

    add("token_embd.weight", TOKENS, HIDDEN)
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        key_rows = HIDDEN // HEADS * KEY_HEADS
        add(block + "attn_norm.weight", HIDDEN)
        add(block + "attn_q.weight", HIDDEN, HIDDEN)
        add(block + "attn_k.weight", key_rows, HIDDEN)
        add(block + "attn_v.weight", key_rows, HIDDEN)
        add(block + "attn_output.weight", HIDDEN, HIDDEN)
        add(block + "ffn_norm.weight", HIDDEN)
        add(block + "ffn_gate.weight", INTERMEDIATE, HIDDEN)
        add(block + "ffn_up.weight", INTERMEDIATE, HIDDEN)
        add(block + "ffn_down.weight", HIDDEN, INTERMEDIATE)
    add("output_norm.weight", HIDDEN)
    add("output.weight", TOKENS, HIDDEN)
    writer.add_tensor("rope_freqs.weight", np.ones(8, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def describe(path, out):
    model = AutoModelForCausalLM.from_pretrained(str(path.parent), gguf_file=path.name, dtype=torch.float32)
    lines = []
    for name, tensor in model.named_parameters():  # a tied lm_head.weight is not among them
        values = np.ascontiguousarray(tensor.detach().numpy(), dtype="<f4")
        flat = values.ravel()
        sha256 = hashlib.sha256(flat.tobytes()).hexdigest()
        total = float(flat.sum(dtype=np.float64))
        lines.append(json.dumps([name, list(values.shape), total, [float(v) for v in flat[:2]], sha256]))
    (HERE / f"{out}.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")


if sys.argv[1] == "tiny":
    write_tiny(HERE / "tiny.gguf")
    describe(HERE / "tiny.gguf", "tiny")
else:
    describe(Path(sys.argv[1]), sys.argv[2])
