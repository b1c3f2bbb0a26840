"""Makes conversations.json: ids of conversations and which of them are the assistant's, as transformers tells it from a chat
template with generation marks (apply_chat_template, return_assistant_tokens_mask), and pairs.json: ids of prompt and
completion, and whether the prompt's tokens begin them. Tokenizers are those of ../tokenizers.

    python make.py

With transformers 5.23 and tokenizers 0.23.3.
"""
import json, pathlib
from transformers import PreTrainedTokenizerFast

HERE = pathlib.Path(__file__).parent
TOKENIZERS = HERE.parent / "tokenizers"

# CHATML of test/support/goldenTokenizer.ts; the marks take the end token in and the line end behind it out.
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n"
    "{% if m.role == 'assistant' %}{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}"
    "{% else %}{{ m.content }}<|im_end|>{% endif %}{{ '\\n' }}{% endfor %}"
)

CONVERSATIONS = [
    ["user:Hi", "assistant:Hello!"],
    ["system:Be brief.", "user:2 + 2?", "assistant:4", "user:And 3 + 3?", "assistant: 6\n"],
    ["user:Gr\u00fc\u00dfe \U0001f98a", "assistant:\U0001f468\u200d\U0001f469\u200d\U0001f467 \u4f60\u597d e\u0301"],
    ["user:code", "assistant:def f(x):\n    return x ** 2\n", "user:thanks", "assistant:\n\n  You are welcome.  "],
    ["user:say nothing", "assistant:"],
    ["user:only a question"],
]

PAIRS = [
    ["The sum is", " forty-two."],
    ["The sum is ", "forty-two."],
    ["def f(x):\n", "    return x ** 2\n"],
    ["Gr\u00fc\u00dfe", " aus K\u00f6ln \U0001f98a"],
    ["", "Hello"],
    ["Answer", "ed."],
    ["1 + 1 =", " 2"],
    ["Name:\t", "\tX"],
]

def tokenizer_of(name, **more):
    return PreTrainedTokenizerFast(tokenizer_file=str(TOKENIZERS / name / "tokenizer.json"), **more)

def conversations(name):
    tokenizer = tokenizer_of(name, eos_token="<|im_end|>", chat_template=CHATML)
    for turns in CONVERSATIONS:
        messages = [dict(zip(("role", "content"), turn.split(":", 1))) for turn in turns]
        out = tokenizer.apply_chat_template(messages, tokenize=True, return_dict=True, return_assistant_tokens_mask=True)
        yield {"turns": turns, "ids": out["input_ids"], "trained": out["assistant_masks"]}

def pairs(name):
    tokenizer = tokenizer_of(name)
    for prompt, completion in PAIRS:
        before, whole = tokenizer(prompt)["input_ids"], tokenizer(prompt + completion)["input_ids"]
        yield {"prompt": prompt, "completion": completion, "before": before, "whole": whole,
               "is_prefix": whole[: len(before)] == before}

def write(name, value):
    (HERE / name).write_text(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")

write("conversations.json", {name: list(conversations(name)) for name in ("qwen2", "smollm")})
write("pairs.json", {name: list(pairs(name)) for name in ("qwen2", "smollm", "llama3", "llama2", "gemma")})
