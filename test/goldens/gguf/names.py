"""What transformers calls the tensors of GGUF architectures (needs transformers 5.23, torch, gguf 0.19).

python names.py    writes names.json: for each architecture the names in the file, of layer 0 and outside layers.
"""

import json
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.modeling_gguf_pytorch_utils import TensorProcessor, get_gguf_hf_weights_map

# GGUF's name, the name of the model type in transformers, and what else its config needs.
ARCHITECTURES = {
    "llama": ("llama", {"attention_bias": True}),
    "granite": ("granite", {}),
    "smollm3": ("smollm3", {}),
    "olmo": ("olmo", {}),
    "olmo2": ("olmo2", {}),
    "qwen2": ("qwen2", {}),
    "qwen3": ("qwen3", {}),
    "gemma": ("gemma", {}),
    "gemma2": ("gemma2", {}),
    "gemma3": ("gemma3_text", {}),
    "phi3": ("phi3", {}),
    "starcoder2": ("starcoder2", {}),
    "command-r": ("cohere", {}),
}
SMALL = {"hidden_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 96, "num_hidden_layers": 1}
SMALL |= {"vocab_size": 32, "tie_word_embeddings": False, "pad_token_id": 0}

lines = []
for architecture, (model_type, extra) in ARCHITECTURES.items():
    config = AutoConfig.for_model(model_type, **SMALL, **extra)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    names = get_gguf_hf_weights_map(model, TensorProcessor(), num_layers=1)
    lines.append(f'"{architecture}": {json.dumps(names)}')
Path(__file__).with_name("names.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
