"""Tiny random models of each architecture, and what transformers and peft compute with them in fp64.

    python make.py        (torch 2.13, transformers 5.23, peft 0.21.2)

cases.json            token ids, loss and settings of every case; what is said below is in the order of that file
MODEL/                config.json as transformers 5 writes it, config.v4.json the same in the words of transformers 4, and
                      model.safetensors; a model without one has the weights of the model that cases.json names
MODEL/logprobs.f32    log-probabilities (little-endian fp32) of the long sequence, then of the short one: tokens x vocabulary
MODEL/gradient.safetensors
                      of the mean cross entropy of the next tokens of the long sequence, by every parameter, rounded to fp32
adapters/CASE/        adapter/ as peft saves it, logprobs.f32 of its own sequence with the adapter on its base, and for some
                      gradient.safetensors by every parameter of the adapter
nf4/logprobs.f32      of the model nf4/ with its linear layers quantised to NF4 and back
The arithmetic is fp64 but for the angles of rotary embeddings, which are transformers' own (fp32).
"""

import json
import shutil
from pathlib import Path

import numpy as np
import torch
from peft import IA3Config, LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModelForCausalLM,
    Gemma3TextConfig,
    GenerationConfig,
    LlamaConfig,
    MistralConfig,
    Qwen2Config,
    Qwen3Config,
)
from transformers.utils import logging

HERE = Path(__file__).parent
logging.disable_progress_bar()
VOCABULARY = 128
LONG, SHORT, ADAPTED = 40, 7, 20
NF4 = np.array(
    [-1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334]
    + [-0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224]
    + [0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1],
    np.float32,
)
torch.set_num_threads(1)

SHAPE = dict(
    vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=64, rms_norm_eps=1e-5, bos_token_id=1, eos_token_id=2,
    pad_token_id=0,
)  # fmt: skip


def rope(theta, kind="default", **others):
    return dict(rope_parameters=dict(rope_type=kind, rope_theta=theta, **others))


def models():
    """name -> config, dtype that is stored, model whose weights it has, whether gradients are kept."""
    llama = dict(SHAPE, tie_word_embeddings=True)
    llama3 = dict(factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16)
    f32, f16, bf16 = torch.float32, torch.float16, torch.bfloat16
    yield "llama", LlamaConfig(**llama, **rope(10000.0)), f32, None, False
    yield "llama-llama3", LlamaConfig(**llama, **rope(500.0, "llama3", **llama3)), f32, "llama", False
    yield "llama-linear", LlamaConfig(**llama, **rope(10000.0, "linear", factor=4.0)), f32, "llama", False
    yarn = dict(factor=4.0, original_max_position_embeddings=16)
    yield "llama-yarn", LlamaConfig(**llama, **rope(1000.0, "yarn", **yarn)), f32, "llama", False
    biases = dict(attention_bias=True, mlp_bias=True)
    yield "llama-biases", LlamaConfig(**llama, **biases, **rope(10000.0)), bf16, None, True
    untied = dict(SHAPE, tie_word_embeddings=False, head_dim=12)
    yield "llama-untied", LlamaConfig(**untied, **rope(10000.0)), f16, None, False
    yield "mistral", MistralConfig(**untied, sliding_window=8, **rope(10000.0)), f16, "llama-untied", False
    yield "qwen2", Qwen2Config(**llama, **rope(1000000.0)), bf16, None, True
    sliding = dict(use_sliding_window=True, sliding_window=8, max_window_layers=1)
    yield "qwen2-sliding", Qwen2Config(**llama, **sliding, **rope(1000000.0)), bf16, "qwen2", False
    yield "qwen3", Qwen3Config(**llama, head_dim=12, **rope(1000000.0)), bf16, None, True
    yield "gemma3", gemma3(), f16, None, True
    wide = dict(llama, hidden_size=64, intermediate_size=64, num_hidden_layers=1)
    yield "nf4", LlamaConfig(**wide, **rope(10000.0)), f16, None, False


def gemma3():
    shape = dict(SHAPE, num_hidden_layers=3, num_attention_heads=2, num_key_value_heads=1, rms_norm_eps=1e-6)
    return Gemma3TextConfig(
        **shape, head_dim=16, query_pre_attn_scalar=24, sliding_window=8, tie_word_embeddings=True,
        layer_types=["sliding_attention", "sliding_attention", "full_attention"],
        rope_parameters={
            "sliding_attention": dict(rope_type="default", rope_theta=100.0),
            "full_attention": dict(rope_type="linear", rope_theta=10000.0, factor=8.0),
        },
    )  # fmt: skip


def v4(name, config):
    """The same configuration in the words of transformers 4; None where no test needs it."""
    if name not in ("llama-llama3", "llama-linear", "qwen2", "gemma3"):
        return None
    new = ("rope_parameters", "dtype", "layer_types", "_sliding_window_pattern")
    old = {key: value for key, value in config.items() if key not in new}
    old |= {"torch_dtype": config["dtype"], "transformers_version": "4.48.0"}
    parameters = config["rope_parameters"]
    if name == "gemma3":
        full = parameters["full_attention"]
        old |= {"rope_local_base_freq": parameters["sliding_attention"]["rope_theta"], "sliding_window_pattern": 3}
    else:
        full = parameters
    scaling = {key: value for key, value in full.items() if key != "rope_theta"}
    if name == "llama-linear":
        scaling["type"] = scaling.pop("rope_type")
    old |= {"rope_theta": full["rope_theta"], "rope_scaling": None if name == "qwen2" else scaling}
    if name == "qwen2":  # as published Qwen2 models have it: a window that is not used
        old |= {"use_sliding_window": False, "sliding_window": 8, "max_window_layers": 1}
    return old


def randomise(model, seed):
    """Far from where training begins: logits that vary, norms off 1, biases off 0."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if "norm" in name:
                parameter.add_(0.2 * noise)
            else:
                parameter.copy_((0.4 if "embed" in name or "lm_head" in name else 0.22) * noise)


def rms_norm(module, is_gemma):
    """Theirs computes in fp32 whatever it is given."""
    eps = module.eps if hasattr(module, "eps") else module.variance_epsilon

    def forward(x):
        scaled = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)
        return scaled * (1 + module.weight if is_gemma else module.weight)

    return forward


def in_fp64(model):
    model = model.double().eval()
    for module in model.modules():
        if type(module).__name__.endswith("RMSNorm"):
            module.forward = rms_norm(module, "Gemma" in type(module).__name__)
    return model


def sequence(seed, length):
    return torch.randint(3, VOCABULARY, (length,), generator=torch.Generator().manual_seed(seed)).tolist()


def log_probs(model, *sequences):
    with torch.no_grad():
        rows = [torch.log_softmax(model(input_ids=torch.tensor([ids])).logits[0], -1) for ids in sequences]
    assert all(row.dtype == torch.float64 for row in rows)
    return torch.cat(rows).numpy().astype("<f4")


def gradient(model, ids, wanted):
    """Loss, and its gradient by the parameters that `wanted` names: {parameter: name to write}."""
    model.zero_grad()
    logits = model(input_ids=torch.tensor([ids])).logits[0]
    loss = torch.nn.functional.cross_entropy(logits[:-1], torch.tensor(ids[1:]))
    loss.backward()
    tensors = {name: parameter.grad.float().contiguous() for parameter, name in wanted.items()}
    return loss.item(), tensors


def keep(folder, names):
    for path in folder.iterdir():
        if path.name not in names:
            path.unlink()


def loaded(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def write_model(name, config, dtype, weights, seed):
    folder = HERE / name
    model = AutoModelForCausalLM.from_config(config)
    model.generation_config = GenerationConfig(pad_token_id=0)
    if weights is None:
        randomise(model, seed)
    else:
        model.load_state_dict(load_file(HERE / weights / "model.safetensors"), strict=False)
    model.to(dtype).save_pretrained(folder)
    keep(folder, ("config.json", "model.safetensors"))
    old = v4(name, json.loads((folder / "config.json").read_text()))
    if old:
        (folder / "config.v4.json").write_text(json.dumps(old, indent=1, sort_keys=True) + "\n")
    return folder


def reads_v4(folder, ids, expected):
    """transformers itself takes both ways of writing alike."""
    work = HERE / "tmp-v4"
    shutil.copytree(folder, work)
    shutil.copy(folder / "config.v4.json", work / "config.json")
    apart = np.abs(log_probs(in_fp64(loaded(work)), *ids) - expected).max()
    shutil.rmtree(work)
    assert apart < 1e-6, (folder.name, apart)


def nf4(model):
    """Linear layers to NF4 and back, in the arithmetic of bitsandbytes: fp32, blocks of 64, scale = largest magnitude."""
    middles = (NF4[1:] + NF4[:-1]) / 2
    with torch.no_grad():
        for name, module in model.named_modules():
            if not isinstance(module, torch.nn.Linear) or name == "lm_head":
                continue
            blocks = module.weight.numpy().astype(np.float32).reshape(-1, 64)
            largest = np.abs(blocks).max(1, keepdims=True)
            codes = np.searchsorted(middles, blocks * (np.float32(1) / largest), side="left")
            module.weight.copy_(torch.from_numpy((NF4[codes] * largest).reshape(module.weight.shape)))
    return model


def case_of(name, config, dtype, weights, has_gradient, seed):
    folder = write_model(name, config, dtype, weights, seed)
    ids = [sequence(100 + seed, LONG), sequence(200 + seed, SHORT)]
    model = loaded(folder)
    model = in_fp64(nf4(model) if name == "nf4" else model)
    expected = log_probs(model, *ids)
    expected.tofile(folder / "logprobs.f32")
    if (folder / "config.v4.json").exists():
        reads_v4(folder, ids, expected)
    case = dict(name=name, weights=weights or name, ids=ids)
    if has_gradient:
        wanted = {parameter: name for name, parameter in model.named_parameters()}
        case["loss"], tensors = gradient(model, ids[0], wanted)
        save_file(tensors, folder / "gradient.safetensors")
    if weights:
        (folder / "model.safetensors").unlink()
    spread = expected[:LONG].std(0).mean()
    print(name, model.num_parameters(), "parameters; spread of log-probabilities", round(float(spread), 2))
    return case


LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def adapters():
    """name -> base, config, whether gradients are kept."""
    common = dict(task_type="CAUSAL_LM")

    def lora(**options):
        return LoraConfig(**(dict(r=2, lora_alpha=5) | options | common))

    patterns = dict(
        rank_pattern={"layers.1.self_attn.q_proj": 5, "gate_pro[jk]": 3},
        alpha_pattern={"layers\\.0\\..*q_proj": 10, "o_proj": 1},
    )
    yield "lora", "qwen2", lora(target_modules=LINEAR), True
    yield "dora", "qwen2", lora(target_modules=LINEAR, use_dora=True), True
    yield "rslora", "qwen2", lora(r=3, target_modules=["k_proj", "up_proj"], use_rslora=True), False
    ia3 = dict(target_modules=["k_proj", "v_proj", "down_proj"], feedforward_modules=["down_proj"])
    yield "ia3", "qwen2", IA3Config(**ia3, **common), False
    yield "bias-all", "qwen2", lora(target_modules=["q_proj", "down_proj"], bias="all"), False
    yield "embedding-tied", "qwen2", lora(target_modules=["embed_tokens", "o_proj"]), False
    yield "ends", "llama-untied", lora(target_modules=["embed_tokens", "lm_head", "v_proj"]), False
    yield "dora-embedding", "llama-untied", lora(target_modules=["embed_tokens", "v_proj"], use_dora=True), False
    yield "patterns", "llama-untied", lora(target_modules=["q_proj", "o_proj", "gate_proj"], **patterns), False
    whole = ["lm_head", "norm", "input_layernorm"]
    yield "saved", "llama-untied", lora(target_modules=["q_proj"], modules_to_save=whole), False


def randomise_adapter(model):
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                noise = torch.randn(parameter.shape, generator=generator)
                if "lora_" in name and "magnitude" not in name:
                    parameter.copy_(0.25 * noise)
                else:
                    parameter.add_(0.1 * noise)


def strip(folder):
    """Only what is read; and no path of the machine that ran this."""
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = "tiny/base"
    for key in ("target_modules", "modules_to_save", "feedforward_modules"):
        if isinstance(config.get(key), list):
            config[key] = sorted(config[key])
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    keep(folder, ("adapter_config.json", "adapter_model.safetensors"))


def adapted(name, base, config, has_gradient):
    folder = HERE / "adapters" / name
    model = get_peft_model(loaded(HERE / base), config)
    randomise_adapter(model)
    # "auto" puts embeddings that are targets into the file, untouched; one adapter is without them.
    model.save_pretrained(folder / "adapter", save_embedding_layers=False if name == "ends" else "auto")
    strip(folder / "adapter")
    ids = sequence(300, ADAPTED)
    before = log_probs(in_fp64(loaded(HERE / base)), ids)
    model = in_fp64(PeftModel.from_pretrained(loaded(HERE / base), folder / "adapter", is_trainable=True))
    after = log_probs(model, ids)
    after.tofile(folder / "logprobs.f32")
    case = dict(name=name, base=base, ids=ids, moved=round(float(np.abs(after - before).max()), 4))
    if has_gradient:
        trained = [(key, parameter) for key, parameter in model.named_parameters() if parameter.requires_grad]
        wanted = {parameter: name_in_file(key) for key, parameter in trained}
        case["loss"], tensors = gradient(model, ids, wanted)
        assert set(tensors) == set(load_file(folder / "adapter" / "adapter_model.safetensors"))
        save_file(tensors, folder / "gradient.safetensors")
    print(name, case["moved"])
    return case


def name_in_file(parameter):
    """As save_pretrained names it: without the adapter's own name."""
    name = parameter.replace(".default.weight", ".weight").removesuffix(".default")
    return name.replace("lora_magnitude_vector.weight", "lora_magnitude_vector")


def generated(name, lengths, count):
    """Greedy continuations of prompts of several lengths in one batch, in fp32."""
    model = loaded(HERE / name).eval()
    prompts = [sequence(400 + length, length) for length in lengths]
    longest = max(lengths)
    ids = torch.tensor([[0] * (longest - len(prompt)) + prompt for prompt in prompts])
    mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    model.generation_config = GenerationConfig(pad_token_id=0, eos_token_id=None)
    out = model.generate(
        input_ids=ids, attention_mask=mask, max_new_tokens=count, do_sample=False, output_logits=True,
        return_dict_in_generate=True,
    )  # fmt: skip
    best = torch.stack(out.logits, 1).topk(2, -1).values
    return dict(
        name=name, prompts=prompts, continuations=out.sequences[:, longest:].tolist(),
        smallestMargin=round(float((best[..., 0] - best[..., 1]).min()), 5),
    )  # fmt: skip


def main():
    for entry in HERE.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
    cases = dict(
        vocabulary=VOCABULARY,
        models=[case_of(*model, seed) for seed, model in enumerate(models())],
        adapters=[adapted(*adapter) for adapter in adapters()],
        generated=[generated(name, [5, 12, 9], 48) for name in ("llama-untied", "gemma3")],
    )
    lines = [f'"{key}": {json.dumps(value)}' for key, value in cases.items() if not isinstance(value, list)]
    for key in ("models", "adapters", "generated"):
        lines.append(f'"{key}": [\n' + ",\n".join(json.dumps(case) for case in cases[key]) + "\n]")
    (HERE / "cases.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
