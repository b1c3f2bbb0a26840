"""Makes the golden of test/demo/model.test.ts: ids that transformers gives for held-out texts of the demo and for others,
with the tokenizer of assets/demo/model.

    python make.py

With transformers 5.23 and tokenizers 0.23.3.
"""
import json, pathlib
from transformers import AutoTokenizer

HERE = pathlib.Path(__file__).parent
DEMO = HERE.parents[2] / "assets/demo"
EACH = 10
OTHERS = ["", " ", "  two  blanks\n\n\tTab\r\n", "x**2 == -3_4 # {\"a\":[1, 2]}", "Grüße, 你好! 🙂 e\u0301", "</s> <s>a</s>b", "1998-02-12 10:30", "don't"]

def texts():
    for path in sorted(DEMO.glob("families/*/heldOut.jsonl")):
        for line in path.read_text().splitlines()[:EACH]:
            row = json.loads(line)
            yield row.get("text") or row["prompt"] + row.get("answer", row.get("canonical_solution", ""))
    yield from OTHERS

tokenizer = AutoTokenizer.from_pretrained(DEMO / "model")
rows = [dict(text=text, ids=tokenizer(text)["input_ids"]) for text in texts()]
lines = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
(HERE / "ids.json").write_text(f"[\n{lines}\n]\n")
