"""Makes smollm2.json: SHA-256 of what transformers makes of the fixed conversations with SmolLM2's own chat template.

Usage, from the repository root after `npm run build`:  python test/goldens/settings/make_smollm2.py FILE.gguf
Needs transformers 5 and gguf. Only hashes are kept: the template is the model's.
"""
import hashlib
import json
import subprocess
import sys
from pathlib import Path

from transformers import AutoTokenizer

ROOT = Path(__file__).resolve().parents[3]
SHOW = "import('./dist/measure/settings/conversations.js').then((m) => console.log(JSON.stringify(m.CONVERSATIONS)))"


def main(path):
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    rows = {}
    for conversation in json.loads(subprocess.check_output(["node", "-e", SHOW], cwd=ROOT)):
        text = tokenizer.apply_chat_template(
            conversation["messages"],
            tools=conversation.get("tools"),
            add_generation_prompt=conversation["addGenerationPrompt"],
            tokenize=False,
            **conversation.get("variables", {}),
        )
        rows[conversation["name"]] = hashlib.sha256(text.encode()).hexdigest()
    (Path(__file__).parent / "smollm2.json").write_text(json.dumps(rows, indent=1) + "\n")


main(Path(sys.argv[1]))
