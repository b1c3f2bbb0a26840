"""Multiple choice by lm-evaluation-harness on a tiny model of ../architectures, end to end.

    python make_lm_eval.py        (lm_eval 0.4.13, torch 2.13, transformers 5.23)

lm-eval/tokenizer.json   byte-level BPE of printable ASCII, some pairs merged, also over a blank
lm-eval/rows.jsonl       questions, choices, the right one
lm-eval/results.json     for each delimiter: per question the log-probabilities, acc, acc_norm and acc_bytes
"""

import json
import random
import shutil
import string
import tempfile
from pathlib import Path

from lm_eval import simple_evaluate
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

HERE = Path(__file__).parent
TO = HERE / "lm-eval"
MODEL = HERE.parent / "architectures" / "qwen2"
DELIMITERS = [" ", "", "\n"]
METRICS = ("acc", "acc_norm", "acc_bytes")


def write_tokenizer():
    pieces = [chr(33 + i) for i in range(94)] + ["Ġ", "Ċ"]
    merges = [("t", "h"), ("th", "e"), ("Ġ", "a"), ("Ġ", "the"), ("i", "n"), ("e", "r"), ("Ġ", "n"), ("Ġn", "o"), ("o", "n")]
    pieces += ["".join(pair) for pair in merges]
    vocab = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    TO.mkdir(exist_ok=True)
    tokenizer.save(str(TO / "tokenizer.json"))


def write_rows():
    rng = random.Random(4)
    words = ["the", "noon", "a", "inner theme", "no", "Paris", "x = 3", "often", "thin air", "42", "never on a line"]
    rows = []
    for n in range(40):
        # Some questions end in a blank, which lm-eval moves to the choice.
        question = f"{rng.choice(['Who', 'What is', 'Where'])} {rng.choice(string.ascii_letters)}{n}?" + rng.choice(["", "", " "])
        choices = rng.sample(words, rng.randint(2, 4))
        rows.append({"question": question, "choices": choices, "answer": rng.randrange(len(choices))})
    (TO / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def evaluate(model, delimiter):
    config = {
        "task": "choices",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(TO / "rows.jsonl")}},
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": "{{question}}",
        "doc_to_choice": "choices",
        "doc_to_target": "answer",
        "target_delimiter": delimiter,
        "metric_list": [{"metric": name} for name in METRICS],
    }
    found = simple_evaluate(model=model, tasks=[config], task_manager=TaskManager(include_defaults=False), bootstrap_iters=0)
    samples = sorted(found["samples"]["choices"], key=lambda sample: sample["doc_id"])
    return [
        {"logProbs": [float(value) for value, _ in sample["filtered_resps"]], **{name: sample[name] for name in METRICS}}
        for sample in samples
    ]


def main():
    write_tokenizer()
    write_rows()
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(TO / "tokenizer.json"), pad_token="!", eos_token="!")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("config.json", "model.safetensors"):
            shutil.copy(MODEL / name, folder)
        model = AutoModelForCausalLM.from_pretrained(folder, dtype="float32")
        lm = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=1)
        results = {delimiter: evaluate(lm, delimiter) for delimiter in DELIMITERS}
    lists = (f"{json.dumps(key)}: [\n" + ",\n".join(map(json.dumps, rows)) + "\n]" for key, rows in results.items())
    (TO / "results.json").write_text("{\n" + ",\n".join(lists) + "\n}\n")


main()
