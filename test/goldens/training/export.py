"""Log-probabilities of exported adapters and models as peft and transformers compute them, in fp64.

    TUNEDIFF_EXPORT_TO=DIR npx vitest run test/train/export.test.ts
    python export.py DIR        (torch 2.13, transformers 5.23, peft 0.21.2, safetensors)

DIR holds what tunediff exported, and cases.json with what each folder is. exported.json says which token ids were
run and the SHA-256 of each folder's files, exported.f32 has the log-probabilities (little-endian fp32) of all cases one after the
other: tokens x vocabulary.
Each folder is loaded as people load it: AutoModelForCausalLM.from_pretrained, and PeftModel.from_pretrained on the base.
"""

import importlib.util
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from peft import PeftModel
from safetensors import safe_open
from transformers import AutoModelForCausalLM

HERE = Path(__file__).parent
IDS = [3 + (7 * i * i + 5 * i) % 29 for i in range(20)]
torch.set_num_threads(1)
warnings.simplefilter("error", UserWarning)  # peft warns of missing and unexpected keys


def goldens():
    """in_fp64 and log_probs of ../architectures/make.py, without running it."""
    source = (HERE.parent / "architectures" / "make.py").read_text().removesuffix("main()\n")
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("make", loader=None))
    module.__file__ = str(HERE.parent / "architectures" / "make.py")
    exec(compile(source, module.__file__, "exec"), module.__dict__)
    return module


def read_by_safetensors(folder):
    for path in folder.glob("*.safetensors"):
        with safe_open(path, "pt") as file:
            assert file.metadata() == {"format": "pt"}, path
            for name in file.keys():
                assert torch.isfinite(file.get_tensor(name)).all(), (path, name)


def loaded(folder):
    model, info = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    problems = {key: value for key, value in info.items() if value}
    assert not problems, (folder, problems)
    return model


def main(folder):
    make = goldens()
    rows, cases = [], []
    for case in json.loads((folder / "cases.json").read_text()):
        where = folder / case["name"]
        read_by_safetensors(where)
        if case["kind"] == "adapter":
            model = PeftModel.from_pretrained(loaded(folder / "bases" / case["base"]), where)
            trained = sum(p.numel() for n, p in model.named_parameters() if "lora_" in n)
            assert trained == case["parameters"], (case["name"], trained)
        else:
            model = loaded(where)
        values = make.log_probs(make.in_fp64(model), IDS)
        rows.append(values)
        cases.append(dict(name=case["name"], vocabulary=values.shape[1], files=case["files"]))
        print(case["name"], values.shape)
    np.concatenate([values.ravel() for values in rows]).astype("<f4").tofile(HERE / "exported.f32")
    lines = ",\n".join(json.dumps(case) for case in cases)
    (HERE / "exported.json").write_text(f'{{\n"ids": {json.dumps(IDS)},\n"cases": [\n{lines}\n]\n}}\n')


main(Path(sys.argv[1]))
