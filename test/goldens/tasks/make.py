"""What lm-evaluation-harness itself makes of the log-probabilities of choices.

    python make.py        (lm_eval 0.4.13)

choice.json     choices, the right one, log-probabilities, and lm-eval's acc, acc_norm and acc_bytes of each
"""

import json
import random
import tempfile
from pathlib import Path

from lm_eval.api.task import ConfigurableTask

HERE = Path(__file__).parent
PIECES = ["a", "Paris", "New Delhi", "São Paulo", "東京", "Île", "42", "è", "a longer choice of words", "yes", "no", "😀", "z" * 40]


def documents():
    rng = random.Random(20)
    for _ in range(150):
        choices = rng.sample(PIECES, rng.randint(2, 5))
        # Multiples of a quarter: some quotients are equal, and the first must be chosen.
        log_probs = [-rng.randint(1, 4 * max(4, 2 * len(choice))) / 4 for choice in choices]
        if rng.random() < 0.2:
            log_probs[1] = log_probs[0]
        yield {"choices": choices, "answer": rng.randrange(len(choices)), "logProbs": log_probs}


def main():
    docs = list(documents())
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "docs.jsonl"
        data.write_text("".join(json.dumps({"n": n, **doc}) + "\n" for n, doc in enumerate(docs)))
        task = ConfigurableTask(
            config={
                "task": "choices",
                "dataset_path": "json",
                "dataset_kwargs": {"data_files": {"test": str(data)}},
                "test_split": "test",
                "output_type": "multiple_choice",
                "doc_to_text": "Q {{n}}",
                "doc_to_choice": "choices",
                "doc_to_target": "answer",
                "metric_list": [{"metric": name} for name in ("acc", "acc_norm", "acc_bytes")],
            }
        )
        for doc, read in zip(docs, task.test_docs(), strict=True):
            scores = task.process_results(read, [(value, False) for value in doc["logProbs"]])
            doc.update({name: scores[name] for name in ("acc", "acc_norm", "acc_bytes")})
    rows = ",\n".join(json.dumps(doc, ensure_ascii=False) for doc in docs)
    (HERE / "choice.json").write_text(f"[\n{rows}\n]\n")


main()
