"""Makes the fixtures of test/settings.test.ts, test/settings.chatTemplates.test.ts and test/inspect.test.ts, and what transformers makes of them.

Usage, from the repository root after `npm run build`:  python test/goldens/settings/make.py
Needs torch, transformers 5, peft, tokenizers, gguf. Writes test/fixtures/settings/{base,adapter,tiny.gguf} and
rendered.json beside this file: the fixed conversations as text and token ids, by transformers' apply_chat_template.
"""
import json
import shutil
import subprocess
from pathlib import Path

import gguf
import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

ROOT = Path(__file__).resolve().parents[3]
FIXTURES = ROOT / "test/fixtures/settings"
BASE = FIXTURES / "base"
TEMPLATE = (Path(__file__).parent / "template.jinja").read_text()


def make_tokenizer():
    """A byte-level BPE of 400 tokens, trained on the text of LICENSE."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|end|>", "<|start|>", "<|pad|>"],
        show_progress=False,
    )
    tokenizer.train_from_iterator((ROOT / "LICENSE").read_text().splitlines(), trainer)
    tokenizer.add_tokens([AddedToken("<tool>", normalized=False)])
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<|start|>",
        eos_token="<|end|>",
        pad_token="<|pad|>",
        chat_template=TEMPLATE,
        model_max_length=256,
    )


def make_model(vocab_size):
    torch.manual_seed(4)
    config = LlamaConfig(
        vocab_size=vocab_size,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=0,
        pad_token_id=2,
    )
    model = LlamaForCausalLM(config).to(torch.bfloat16)
    model.generation_config = GenerationConfig(bos_token_id=1, eos_token_id=0, pad_token_id=2, temperature=0.7, do_sample=True)
    return model


def make_adapter(model):
    config = LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"], rank_pattern={"layers.1.self_attn.q_proj": 2})
    tuned = get_peft_model(model, config)
    torch.manual_seed(5)
    for name, value in tuned.named_parameters():
        if "lora_" in name:
            value.data = torch.randn_like(value) * 0.02
    tuned.peft_config["default"].base_model_name_or_path = "../base"
    tuned.save_pretrained(FIXTURES / "adapter")
    # PEFT writes a set, in an order that changes from run to run.
    path = FIXTURES / "adapter/adapter_config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps(config | {"target_modules": sorted(config["target_modules"])}, indent=2))
    (FIXTURES / "adapter/README.md").write_text("---\nlicense: mit\n---\n\nAn adapter of noise.\n")


def make_gguf(path):
    """Metadata as llama.cpp's converter writes it, with weights of noise: they are not compared here."""
    tokenizer = json.loads((BASE / "tokenizer.json").read_text())
    tokens = {i: t for t, i in tokenizer["model"]["vocab"].items()}
    added = {t["id"]: t for t in tokenizer["added_tokens"]}
    tokens |= {i: t["content"] for i, t in added.items()}
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("Tiny")
    writer.add_license("apache-2.0")
    writer.add_base_model_count(1)
    writer.add_base_model_name(0, "Tiny Base")
    writer.add_base_model_organization(0, "Nobody")
    writer.add_base_model_repo_url(0, "https://huggingface.co/nobody/tiny-base")
    writer.add_context_length(256)
    writer.add_embedding_length(32)
    writer.add_block_count(1)
    writer.add_feed_forward_length(64)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_vocab_size(len(tokens))
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([tokens[i] for i in sorted(tokens)])
    kind = lambda i: (3 if added[i]["special"] else 4) if i in added else 1
    writer.add_token_types([kind(i) for i in sorted(tokens)])
    writer.add_token_merges([" ".join(m) for m in tokenizer["model"]["merges"]])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(0)
    writer.add_pad_token_id(2)
    writer.add_chat_template(TEMPLATE)
    rng = np.random.default_rng(6)
    sizes = {
        "token_embd.weight": (len(tokens), 32), "output_norm.weight": (32,),
        "blk.0.attn_norm.weight": (32,), "blk.0.ffn_norm.weight": (32,),
        "blk.0.attn_q.weight": (32, 32), "blk.0.attn_k.weight": (16, 32), "blk.0.attn_v.weight": (16, 32),
        "blk.0.attn_output.weight": (32, 32), "blk.0.ffn_gate.weight": (64, 32), "blk.0.ffn_up.weight": (64, 32),
        "blk.0.ffn_down.weight": (32, 64),
    }
    for name, size in sizes.items():
        writer.add_tensor(name, rng.normal(0, 0.02, size).astype(np.float32 if len(size) == 1 else np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def make_rendered():
    """What transformers makes of the fixed conversations, with the tokenizer as it is saved."""
    show = "import('./dist/measure/settings/conversations.js').then((m) => console.log(JSON.stringify(m.CONVERSATIONS)))"
    conversations = json.loads(subprocess.check_output(["node", "-e", show], cwd=ROOT))
    tokenizer = PreTrainedTokenizerFast.from_pretrained(BASE)
    rows = []
    for conversation in conversations:
        options = dict(
            tools=conversation.get("tools"),
            add_generation_prompt=conversation["addGenerationPrompt"],
            **conversation.get("variables", {}),
        )
        text = tokenizer.apply_chat_template(conversation["messages"], tokenize=False, **options)
        ids = tokenizer.apply_chat_template(conversation["messages"], return_dict=False, **options)
        rows.append({"name": conversation["name"], "text": text, "ids": ids})
    (Path(__file__).parent / "rendered.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")


def main():
    for folder in (BASE, FIXTURES / "adapter"):
        shutil.rmtree(folder, ignore_errors=True)
    tokenizer = make_tokenizer()
    model = make_model(len(tokenizer))
    model.save_pretrained(BASE)
    tokenizer.save_pretrained(BASE)
    (BASE / "README.md").write_text("---\nlicense: apache-2.0\nbase_model:\n- nobody/tiny-base\ntags:\n- test\n---\n\nA model of noise.\n")
    make_adapter(model)
    make_gguf(FIXTURES / "tiny.gguf")
    for path in FIXTURES.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    make_rendered()


main()
