"""A tiny Llama in GGUF whose rotary embedding is scaled as in Llama 3.1: by factors in a tensor, rope_freqs.weight.

    python rotary.py        (gguf 0.19, safetensors; torch 2.13 and transformers 5.23 check it)

rotary.gguf has the weights of ../architectures/llama and the scaling of ../architectures/llama-llama3, whose
logprobs.f32 are what transformers computes with both. Rows of q and k and the factors are as llama.cpp's converter
writes them.
"""

import json
import math
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import load_file
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

HERE = Path(__file__).parent
MODELS = HERE.parent / "architectures"
NAMES = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}  # fmt: skip


def neighbours(rows, heads):
    """Row i of a head's first half is followed by row i of its second half."""
    return rows.reshape(heads, 2, -1, rows.shape[-1]).swapaxes(1, 2).reshape(rows.shape)


def factors(rope, size):
    """What each frequency is divided by."""
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    length = rope["original_max_position_embeddings"]
    for i in range(0, size, 2):
        turns = length * rope["rope_theta"] ** (-i / size) / (2 * math.pi)
        blend = min(1.0, max(0.0, (turns - low) / (high - low)))
        yield 1 / (blend + (1 - blend) / rope["factor"])


def write(path, config, weights):
    heads, key_heads = config["num_attention_heads"], config["num_key_value_heads"]
    size = config["hidden_size"] // heads
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(key_heads)
    writer.add_rope_dimension_count(size)
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_tensor("rope_freqs.weight", np.array(list(factors(config["rope_parameters"], size)), np.float32))
    writer.add_tensor("token_embd.weight", weights["model.embed_tokens.weight"])
    writer.add_tensor("output_norm.weight", weights["model.norm.weight"])
    for layer in range(config["num_hidden_layers"]):
        for theirs, name in NAMES.items():
            values = weights[f"model.layers.{layer}.{theirs}.weight"]
            if name in ("attn_q", "attn_k"):
                values = neighbours(values, heads if name == "attn_q" else key_heads)
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.ascontiguousarray(values))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def check(path, weights):
    """transformers gives rows back their order, and the scaling is that of the model whose logits are kept."""
    read = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name).state_dict()
    assert all(np.array_equal(read[name].float().numpy(), values) for name, values in weights.items())
    rotary = LlamaRotaryEmbedding(AutoConfig.from_pretrained(MODELS / "llama-llama3"))
    config = json.loads((MODELS / "llama-llama3" / "config.json").read_text())
    theta, size = config["rope_parameters"]["rope_theta"], 2 * len(rotary.inv_freq)
    plain = theta ** (-np.arange(0, size, 2) / size)
    ours = plain / np.array(list(factors(config["rope_parameters"], size)))
    assert np.abs(rotary.inv_freq.numpy() / ours - 1).max() < 1e-6
    print("factors", [round(f, 4) for f in factors(config["rope_parameters"], size)])


def main():
    config = json.loads((MODELS / "llama-llama3" / "config.json").read_text())
    weights = load_file(MODELS / "llama" / "model.safetensors")
    write(HERE / "rotary.gguf", config, weights)
    check(HERE / "rotary.gguf", weights)


main()
