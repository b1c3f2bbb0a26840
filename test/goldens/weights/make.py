"""Makes a small trained Llama and variants of it whose differences are known, with truth.json computed in fp64.

    python make.py FOLDER          large: 3.3 M weights, 19 variants, 180 MB, about 100 seconds of one thread
    python make.py FOLDER --tiny   tiny: 16 k weights, 4 variants, under 300 kB: the form that is kept in tiny/

Needs PyPI torch, transformers, peft, safetensors, tokenizers, gguf and numpy. The text is the Python standard library's,
so another Python gives another model: truth.json belongs to the files beside it. The large form is made on demand by
test/weights.truth.test.ts with the Python that TUNEDIFF_PYTHON names. Nothing here uses tunediff's own code.
"""

import argparse
import json
import pathlib
import shutil
import time

import torch

import llama_gguf
import training
import truth
import variants
from truth import Checkpoint, compare

SHAPES = {
    "tiny": dict(width=32, layers=2, heads=4, key_heads=2, inner=32, vocabulary=128, tied=True, steps=1200, length=48),
    "large": dict(width=256, layers=4, heads=4, key_heads=2, inner=640, vocabulary=1024, tied=False, steps=300, length=96),
}


class Maker:
    """The folder that is being filled, and what is known of each variant."""

    def __init__(self, folder, form):
        self.folder, self.form, self.known = folder, form, {}
        self.start = time.process_time()

    def path(self, name):
        return self.folder / name

    def log(self, text):
        print(f"{time.process_time() - self.start:6.1f} s  {text}", flush=True)

    def add(self, name, reader, **facts):
        """Compares a variant with the base. `reader` gives (values fp64, dtype) of a tensor of the base, by its name."""
        base = Checkpoint(self.path("base"))
        tensors = {tensor: compare(base.read(tensor), reader(tensor)) for tensor in base.names}
        self.known[name] = {**facts, "whole": truth.pool(tensors.values()), "tensors": tensors}
        self.log(f"{name}: relative change {self.known[name]['whole']['relative']:.5f}")

    def add_folder(self, name, **facts):
        self.add(name, Checkpoint(self.path(name)).read, path=name, **facts)

    def add_adapter(self, name, **facts):
        self.add(name, truth.AdaptedCheckpoint(self.path("base"), self.path(name)).read, path=name, adapter=True, **facts)

    def write(self):
        record = {"form": self.form, "variants": self.known}
        self.path("truth.json").write_text(json.dumps(truth.rounded(record), separators=(",", ":")) + "\n")


def make_base(maker, shape):
    """`roundonly` is the model as trained, in fp32; `base` is its rounding to bf16."""
    tokenizer = training.make_tokenizer(shape["vocabulary"])
    model = training.make_model(shape)
    loss = training.train(model, training.tokens(tokenizer, "docstrings"), shape, rate=3e-3)
    maker.log(f"trained: loss {loss[0]:.2f} to {loss[1]:.2f}, {sum(p.numel() for p in model.parameters())} weights")
    variants.save(model, maker.path("roundonly"), torch.float32)
    variants.save(model, maker.path("base"), torch.bfloat16)
    tokenizer.save_pretrained(maker.path("base"))
    maker.add_folder("roundonly", kind="roundonly", directions=0)
    return training.tokens(tokenizer, "source")


def make_large(maker, shape):
    text = make_base(maker, shape)
    base = maker.path("base")
    shutil.copytree(base, maker.path("copy"))
    maker.add_folder("copy", kind="copy")
    for rank, relative in ((8, 0.003), (16, 0.005), (32, 0.01), (64, 0.02)):
        name = f"planted-r{rank}"
        variants.plant_low_rank(base, maker.path(name), rank=rank, relative=relative)
        maker.add_folder(name, kind="low-rank", rank=rank, planted=relative, directions=rank)
    variants.plant_sizes(base, maker.path("sizes"), dtype=torch.float32)
    maker.add_folder("sizes", kind="sizes", planted=variants.PLANTED_SIZES)
    counts = variants.plant_sign_flips(base, maker.path("flips"))
    maker.add_folder("flips", kind="flips", planted=counts)
    variants.train_adapter(base, maker.path("lora-adapter"), text, shape, rank=8, steps=40)
    maker.add_adapter("lora-adapter", kind="low-rank", rank=8)
    for dtype in ("bfloat16", "float16", "float32"):
        name = f"lora-merged-{dtype}"
        variants.merge_adapter(base, maker.path("lora-adapter"), maker.path(name), getattr(torch, dtype))
        maker.add_folder(name, kind="low-rank", rank=8)
    variants.shrink_adapter(base, maker.path("lora-adapter"), maker.path("small-adapter"), relative=0.002)
    maker.add_adapter("small-adapter", kind="low-rank", rank=8, planted=0.002)
    variants.merge_adapter(base, maker.path("small-adapter"), maker.path("small-merged"), torch.bfloat16)
    maker.add_folder("small-merged", kind="low-rank", rank=8)
    variants.train_adapter(base, maker.path("dora-adapter"), text, shape, rank=4, steps=20, dora=True)
    maker.add_adapter("dora-adapter", kind="dora", rank=4)
    variants.train_fully(base, maker.path("full"), text, shape, steps=30)
    maker.add_folder("full", kind="full")
    for name, types in (("base-f32.gguf", ["F32"]), ("base-f16.gguf", ["F16"]), ("base-q8_0.gguf", ["Q8_0"])):
        llama_gguf.write(base, maker.path(name), types)
        maker.add(name, llama_gguf.Reader(maker.path(name), base).read, path=name, kind="gguf")


def make_tiny(maker, shape):
    text = make_base(maker, shape)
    base = maker.path("base")
    variants.train_adapter(base, maker.path("lora-adapter"), text, shape, rank=2, steps=200)
    maker.add_adapter("lora-adapter", kind="low-rank", rank=2)
    variants.merge_adapter(base, maker.path("lora-adapter"), maker.path("lora-merged"), torch.bfloat16)
    maker.add_folder("lora-merged", kind="low-rank", rank=2)
    counts = variants.plant_sign_flips(base, maker.path("planted"), layers=[1])
    variants.plant_sizes(maker.path("planted"), maker.path("planted"), dtype=torch.bfloat16, layers=[0])
    maker.add_folder("planted", kind="flips", planted=counts)
    llama_gguf.write(base, maker.path("base.gguf"), ["BF16", "F16", "Q8_0"])
    maker.add("base.gguf", llama_gguf.Reader(maker.path("base.gguf"), base).read, path="base.gguf", kind="gguf")
    variants.drop_what_tests_do_not_need(maker.folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--tiny", action="store_true")
    options = parser.parse_args()
    if options.folder.exists() and any(options.folder.iterdir()):
        parser.error(f"{options.folder} is not empty")
    options.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    form = "tiny" if options.tiny else "large"
    maker = Maker(options.folder, form)
    (make_tiny if options.tiny else make_large)(maker, SHAPES[form])
    maker.write()
    maker.log("done")


if __name__ == "__main__":
    main()
