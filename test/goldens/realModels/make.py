"""What transformers predicts with two real models in GGUF, dequantised by it to fp32, on text.txt.

    python make.py smollm2 SmolLM2-135M-Instruct.Q4_1.gguf      (torch 2.13, transformers 5.23, gguf 0.19)
    python make.py gemma3 gemma-3-270m-q4_k_m.gguf

NAME.json           windows: token ids of two windows of 512 tokens, each one forward that sees nothing of the other (where
                    the tokenizer puts a first token, both begin with it); top: the most probable token after each position;
                    margin: smallest lead of it over the second, in nats; columns: ids whose log-probabilities are kept
NAME.logprobs.f32   for each position of each window: log-probabilities (little-endian fp32) of `columns`, then of the token
                    that follows in the text
generated           (smollm2) greedy continuations of prompts of several lengths in one batch, and the text of the prompts
"""

import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

HERE = Path(__file__).parent
WINDOW, WINDOWS, COLUMNS = 512, 2, 24
torch.set_num_threads(1)
logging.disable_progress_bar()

PLAIN = [
    "The three largest rivers of Europe are",
    "To boil an egg so that the yolk stays soft, first bring a small pot of water to the boil. Then",
]
QUESTION = "Why do bridges have gaps between their parts? Answer in two sentences."


def windows_of(tokenizer, text):
    ids = tokenizer(text, add_special_tokens=False).input_ids
    first = tokenizer("", add_special_tokens=True).input_ids[:1]
    step = WINDOW - len(first)
    assert len(ids) > step * WINDOWS, len(ids)
    starts = [i * step for i in range(WINDOWS)]
    return [first + ids[start : start + step] for start in starts], [ids[start + step] for start in starts]


def predicted(model, windows, after):
    """Log-probabilities of a few tokens that lie evenly in the vocabulary, and of the next one."""
    columns = [round(i * (model.config.vocab_size - 1) / (COLUMNS - 1)) for i in range(COLUMNS)]
    rows, top, margins = [], [], []
    for ids, last in zip(windows, after):
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([ids])).logits[0]
        logs = torch.log_softmax(logits.double(), -1)
        following = torch.tensor([*ids[1:], last])
        rows.append(torch.cat([logs[:, columns], logs.gather(1, following[:, None])], 1))
        best = logs.topk(2, -1)
        top.append(best.indices[:, 0].tolist())
        margins.append(best.values[:, 0] - best.values[:, 1])
    mean = -torch.cat(rows)[:, -1].mean()
    print("mean surprise of the next token", round(float(mean), 4))
    values = torch.cat(rows).numpy().astype("<f4")
    return values, dict(windows=windows, after=after, top=top, margin=float(torch.cat(margins).min()), columns=columns)


def continued(model, prompts, count):
    pad = model.config.eos_token_id
    longest = max(map(len, prompts))
    ids = torch.tensor([[pad] * (longest - len(prompt)) + prompt for prompt in prompts])
    mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    out = model.generate(
        input_ids=ids, attention_mask=mask, max_new_tokens=count, do_sample=False, pad_token_id=pad, output_logits=True,
        return_dict_in_generate=True,
    )  # fmt: skip
    return out.sequences[:, longest:].tolist(), torch.log_softmax(torch.stack(out.logits, 1), -1).topk(2, -1).values


def generated(model, tokenizer):
    """Rows end with the first end-of-text token. In one batch and each alone must be the same."""
    messages = [{"role": "user", "content": QUESTION}]
    chat = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    prompts = [tokenizer(text, add_special_tokens=False).input_ids for text in [*PLAIN, chat]]
    rows, best = continued(model, prompts, 48)
    ends = {model.config.eos_token_id, *([tokenizer.eos_token_id] if tokenizer.eos_token_id is not None else [])}
    kept, margin = [], float("inf")
    for row, alone, lead in zip(rows, prompts, (best[..., 0] - best[..., 1]).tolist()):
        length = next((i + 1 for i, token in enumerate(row) if token in ends), len(row))
        assert continued(model, [alone], 48)[0][0][:length] == row[:length]
        kept.append(row[:length])
        margin = min(margin, *lead[:length])
        print(repr(tokenizer.decode(row[:length])))
    return dict(
        texts=[*PLAIN, chat], question=QUESTION, prompts=prompts, continuations=kept, eos=sorted(ends), margin=margin
    )


def main(name, path):
    path = Path(path)
    model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    windows, after = windows_of(tokenizer, (HERE / "text.txt").read_text())
    values, golden = predicted(model, windows, after)
    values.tofile(HERE / f"{name}.logprobs.f32")
    if name == "smollm2":
        golden["generated"] = generated(model, tokenizer)
    lines = [f'"{key}": {json.dumps(value)}' for key, value in golden.items()]
    (HERE / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


main(*sys.argv[1:])
