"""The base as llama.cpp has it: its names, q and k rows in the order of its rotary embedding, by PyPI gguf.

llama.cpp rotates neighbouring rows 2i and 2i + 1 of a head where Hugging Face rotates row i with row i + half, so row
2i + j of a head in the file is row i + j * half of the original.
"""

import gguf
import json
import numpy as np

from truth import Checkpoint

NAMES = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
}
OUTSIDE = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight", "lm_head.weight": "output.weight"}


def name_of(name):
    if name in OUTSIDE:
        return OUTSIDE[name]
    _, _, layer, rest = name.split(".", 3)
    return f"blk.{layer}.{NAMES[rest.removesuffix('.weight')]}.weight"


def heads_of(name, config):
    """How many heads the rows are ordered by, or None."""
    if ".q_proj." in name:
        return config["num_attention_heads"]
    return config["num_key_value_heads"] if ".k_proj." in name else None


def rotary_order(rows, heads):
    """For each row of the file, the row of the original."""
    half = rows // heads // 2
    return np.arange(rows).reshape(heads, 2, half).transpose(0, 2, 1).reshape(-1)


def write(base, path, types):
    """Matrices take the types in turn, vectors are F32."""
    checkpoint, config = Checkpoint(base), json.loads((base / "config.json").read_text())
    writer = gguf.GGUFWriter(path, "llama")
    describe(writer, config, json.loads((base / "tokenizer.json").read_text()))
    turn = 0
    for name in checkpoint.names:
        values, heads = checkpoint.read(name)[0], heads_of(name, config)
        if heads:
            values = values[rotary_order(len(values), heads)]
        if values.ndim == 1:
            writer.add_tensor(name_of(name), values.astype(np.float32))
            continue
        kind = gguf.GGMLQuantizationType[types[turn % len(types)]]
        turn += 1
        writer.add_tensor(name_of(name), gguf.quants.quantize(values.astype(np.float32), kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def describe(writer, config, tokenizer):
    writer.add_name("small llama")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(config.get("rope_theta") or config["rope_parameters"]["rope_theta"])
    writer.add_vocab_size(config["vocab_size"])
    vocabulary = tokenizer["model"]["vocab"]
    special = {token["content"] for token in tokenizer["added_tokens"]}
    tokens = sorted(vocabulary, key=vocabulary.get)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if token in special else gguf.TokenType.NORMAL for token in tokens])
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in tokenizer["model"]["merges"]])
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(config["eos_token_id"])


class Reader:
    """Values by the base's names and in its order, dequantised by PyPI gguf."""

    def __init__(self, path, base):
        self.tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}
        self.config = json.loads((base / "config.json").read_text())

    def read(self, name):
        tensor = self.tensors[name_of(name)]
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float64).reshape(tensor.shape[::-1])
        heads = heads_of(name, self.config)
        if heads:
            order = rotary_order(len(values), heads)
            values = values[np.argsort(order)]
        return values, tensor.tensor_type.name
