"""Text of the Python standard library, a byte-level BPE tokenizer on it, a Llama-shaped model and its training."""

import ast
import os
import pathlib

import tokenizers
import torch
from tokenizers import decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

CHAT_TEMPLATE = (
    "{% for message in messages %}<s>{{ message['role'] }}\n{{ message['content'] }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)


def documents(kind):
    """ASCII docstrings or sources of the modules that lie directly in the standard library's folder."""
    found = []
    for path in sorted(pathlib.Path(os.__file__).parent.glob("*.py")):
        source = path.read_text(encoding="utf-8", errors="ignore")
        if not source.isascii():
            continue
        if kind == "source":
            found.append(source)
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
                found.append(ast.get_docstring(node) + "\n\n")
    return found


def make_tokenizer(vocabulary):
    bpe = tokenizers.Tokenizer(models.BPE(unk_token="<unk>"))
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=["<unk>", "<s>", "</s>"], show_progress=False)
    bpe.train_from_iterator(documents("docstrings"), trainer)
    names = dict(unk_token="<unk>", bos_token="<s>", eos_token="</s>")
    return PreTrainedTokenizerFast(tokenizer_object=bpe, chat_template=CHAT_TEMPLATE, **names)


def tokens(tokenizer, kind):
    ids = []
    for text in documents(kind):
        ids += [tokenizer.bos_token_id, *tokenizer.encode(text, add_special_tokens=False)]
    return torch.tensor(ids)


def make_model(shape):
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=shape["vocabulary"], hidden_size=shape["width"], num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"], num_key_value_heads=shape["key_heads"], intermediate_size=shape["inner"],
        tie_word_embeddings=shape["tied"], bos_token_id=1, eos_token_id=2, max_position_embeddings=512,
    )
    return LlamaForCausalLM(config).float()


def train(model, ids, shape, rate, steps=None, seed=1):
    """AdamW with warm-up and cosine decay on random windows. Gives the mean loss of the first and last 10 steps."""
    steps, length = steps or shape["steps"], shape["length"]
    generator = torch.Generator().manual_seed(seed)
    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.1)
    losses = []
    model.train()
    for _ in range(steps):
        starts = torch.randint(len(ids) - length, (8,), generator=generator).tolist()
        batch = torch.stack([ids[start : start + length] for start in starts])
        loss = model(input_ids=batch, labels=batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return sum(losses[:10]) / 10, sum(losses[-10:]) / 10
