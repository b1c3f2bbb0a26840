"""Adapters written by the real peft library on two tiny random models, and what peft itself merges.

    python make.py        (torch 2.13, transformers 5.23, peft 0.21.2)

llama/, gpt2/                 the bases in fp32; llama-bf16/, llama-fp16/ the same rounded
CASE/adapter/                 an adapter; CASE/merged.safetensors the tensors that merge_and_unload changed, in fp32
applied/fp32, bf16, fp16/     the adapter of lora/ merged into the base of that dtype, as a whole model
applied/half, missing,        the same in bf16 at half strength, without one layer, with the factors of one module
  swapped, safe/              swapped, and with safe_merge (which rounds the delta before it is added)
null/adapter/                 an adapter as it begins: B = 0
"""

import json
import os
import shutil

import torch
from peft import IA3Config, LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

HERE = os.path.dirname(os.path.abspath(__file__))
torch.set_num_threads(1)


def at(*parts):
    return os.path.join(HERE, *parts)


def llama():
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=40, hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=64, tie_word_embeddings=False, initializer_range=0.2,
    )
    return LlamaForCausalLM(config)


def gpt2():
    torch.manual_seed(2)
    config = GPT2Config(vocab_size=40, n_embd=32, n_layer=1, n_head=2, n_positions=16, initializer_range=0.2)
    model = GPT2LMHeadModel(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.normal_(0, 0.1)
    return model


def randomise(model, seed=3):
    """Trained numbers are none of peft's beginnings: draw all that is trained."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if not parameter.requires_grad:
                continue
            if "lora_" in name and "magnitude" not in name:
                parameter.normal_(0, 0.08)
            else:
                parameter.add_(torch.randn_like(parameter) * 0.05)


def strip(folder):
    """Only what is read; and no path of the machine that ran this."""
    config = json.load(open(os.path.join(folder, "adapter_config.json")))
    config["base_model_name_or_path"] = "tiny/base"
    for key in ("target_modules", "modules_to_save", "feedforward_modules"):
        if isinstance(config.get(key), list):
            config[key] = sorted(config[key])
    json.dump(config, open(os.path.join(folder, "adapter_config.json"), "w"), indent=1, sort_keys=True)
    for name in os.listdir(folder):
        if name not in ("adapter_config.json", "adapter_model.safetensors"):
            os.remove(os.path.join(folder, name))


def save_base(model, folder, dtype=torch.float32):
    model = model.to(dtype)
    model.save_pretrained(at(folder))
    for name in os.listdir(at(folder)):
        if name not in ("config.json", "model.safetensors"):
            os.remove(at(folder, name))


def merge(base, adapter, **options):
    safe = options.pop("safe_merge", False)
    model = AutoModelForCausalLM.from_pretrained(at(base), dtype=options.pop("dtype", torch.float32))
    model = PeftModel.from_pretrained(model, adapter, **options)
    return model.merge_and_unload(safe_merge=safe)


def case(name, base, config):
    folder = at(name)
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(at(base), dtype=torch.float32), config)
    randomise(model)
    model.save_pretrained(os.path.join(folder, "adapter"))
    strip(os.path.join(folder, "adapter"))
    merged = merge(base, os.path.join(folder, "adapter")).state_dict()
    before = load_file(at(base, "model.safetensors"))
    changed = {k: v.contiguous().clone() for k, v in merged.items() if k in before and not torch.equal(v, before[k])}
    save_file(changed, os.path.join(folder, "merged.safetensors"))
    print(name, len(changed), "tensors changed")


def edited(name, edit_tensors=None, edit_config=None):
    """A copy of the adapter of lora/ with something done to it, beside the goldens for a moment."""
    folder = at("tmp-" + name)
    shutil.copytree(at("lora", "adapter"), folder)
    if edit_tensors:
        tensors = load_file(os.path.join(folder, "adapter_model.safetensors"))
        edit_tensors(tensors)
        save_file(tensors, os.path.join(folder, "adapter_model.safetensors"))
    if edit_config:
        path = os.path.join(folder, "adapter_config.json")
        config = json.load(open(path))
        edit_config(config)
        json.dump(config, open(path, "w"))
    return folder


def swap(tensors):
    module = "base_model.model.model.layers.0.self_attn.q_proj."
    a, b = tensors[module + "lora_A.weight"], tensors[module + "lora_B.weight"]
    tensors[module + "lora_A.weight"] = b.T.contiguous()
    tensors[module + "lora_B.weight"] = a.T.contiguous()


def leave_out(tensors):
    for key in [key for key in tensors if ".layers.1." in key]:
        tensors[key] = torch.zeros_like(tensors[key])


def main():
    for entry in os.listdir(HERE):
        if os.path.isdir(at(entry)):
            shutil.rmtree(at(entry))
    save_base(llama(), "llama")
    save_base(llama(), "llama-bf16", torch.bfloat16)
    save_base(llama(), "llama-fp16", torch.float16)
    save_base(gpt2(), "gpt2")

    linear = ["q_proj", "v_proj", "up_proj"]
    common = dict(task_type="CAUSAL_LM")
    case("lora", "llama", LoraConfig(r=4, lora_alpha=12, target_modules=linear, **common))
    case("rslora", "llama", LoraConfig(r=3, lora_alpha=6, use_rslora=True, target_modules=["k_proj"], **common))
    case("dora", "llama", LoraConfig(r=4, lora_alpha=8, use_dora=True, target_modules=["q_proj", "down_proj"], **common))
    case("ia3", "llama", IA3Config(target_modules=["k_proj", "down_proj"], feedforward_modules=["down_proj"], **common))
    case(
        "patterns", "llama",
        LoraConfig(
            r=2, lora_alpha=4, target_modules=["q_proj", "o_proj", "gate_proj"],
            rank_pattern={"layers.1.self_attn.q_proj": 5, "gate_pro[jk]": 3},
            alpha_pattern={"layers\\.0\\..*q_proj": 10, "o_proj": 1}, **common,
        ),
    )
    case(
        "layers", "llama",
        LoraConfig(r=2, lora_alpha=4, target_modules=["o_proj"], layers_to_transform=[1], **common),
    )
    case("saved", "llama", LoraConfig(r=2, lora_alpha=4, target_modules=["o_proj"], modules_to_save=["lm_head"], **common))
    case("embedding", "llama", LoraConfig(r=2, lora_alpha=4, target_modules=["embed_tokens", "o_proj"], **common))
    case("embedding-dora", "llama", LoraConfig(r=2, lora_alpha=4, use_dora=True, target_modules=["embed_tokens"], **common))
    conv = dict(fan_in_fan_out=True, **common)
    case("conv1d", "gpt2", LoraConfig(r=4, lora_alpha=8, target_modules=["c_attn", "c_proj"], **conv))
    case("conv1d-dora", "gpt2", LoraConfig(r=4, lora_alpha=8, use_dora=True, target_modules=["attn.c_proj", "c_fc"], **conv))
    case("conv1d-ia3", "gpt2", IA3Config(target_modules=["c_attn", "mlp.c_proj"], feedforward_modules=["mlp.c_proj"], **conv))
    case("bias", "gpt2", LoraConfig(r=2, lora_alpha=4, bias="lora_only", target_modules=["c_fc"], **conv))
    case("bias-all", "gpt2", LoraConfig(r=2, lora_alpha=4, bias="all", target_modules=["c_fc"], **conv))
    case("lora-bias", "gpt2", LoraConfig(r=3, lora_alpha=4, lora_bias=True, target_modules=["c_attn"], **conv))

    bf16 = dict(dtype=torch.bfloat16)
    save_base(merge("llama", at("lora", "adapter")), "applied/fp32")
    save_base(merge("llama-bf16", at("lora", "adapter"), **bf16), "applied/bf16", torch.bfloat16)
    save_base(merge("llama-fp16", at("lora", "adapter"), dtype=torch.float16), "applied/fp16", torch.float16)
    save_base(merge("llama-bf16", at("lora", "adapter"), safe_merge=True, **bf16), "applied/safe", torch.bfloat16)
    broken = {
        "half": edited("half", edit_config=lambda config: config.update(lora_alpha=6)),
        "missing": edited("missing", edit_tensors=leave_out),
        "swapped": edited("swapped", edit_tensors=swap),
    }
    for name, adapter in broken.items():
        save_base(merge("llama-bf16", adapter, **bf16), "applied/" + name, torch.bfloat16)
        shutil.rmtree(adapter)

    null = get_peft_model(llama(), LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj"], **common))
    null.save_pretrained(at("null", "adapter"))
    strip(at("null", "adapter"))


main()
