"""Makes the goldens of test/model/tokenizer.test.ts: small tokenizers trained here, and the ids that the reference
(Python's tokenizers; transformers and SentencePiece for GGUF) gives for difficult texts. Training of Unigram gives other
pieces each time: run it whole.

    python make.py [SmolLM2-135M-Instruct.Q4_1.gguf gemma-3-270m-q4_k_m.gguf]

With tokenizers 0.23.3, transformers 5.23, sentencepiece 0.2.3 and gguf 0.19.
"""
import json, pathlib, random, re, sys
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).parent

TEXTS = [
    "",
    " ",
    "Hello, world!",
    " leading and trailing  ",
    "The quick brown fox jumps over the lazy dog. It's we'll they've I'M YOU'RE don't 'S 'tis rock'n'roll",
    "a  b   c    d     e\n\n\nf\n \n  g\n\n \n\th\t\t\ti\r\nj\r\n\r\nk\rl \n",
    "\n", "\n\n\n\n\n", "\t\t\t\t x", "                                x", "x                                 ",
    "0 1 12 123 1234 12345 1234567890 3.14159 1,000,000.00 0x1F 1e-10 2024-07-26 \u00bd \u00b2 \u2167 \u0663\u0664\u0665 \u0967\u0968\u0969 \uff11\uff12\uff13 \u4e09\u5341",
    "def f(x: int) -> int:\n    \"\"\"Doc.\"\"\"\n    if x <= 0:\n\t\treturn {'a': [1, 2], \"b\": x**2}  # note\n    return f(x - 1) or not ~x != 3 // 2\n",
    "<div class=\"a\">&amp; <!-- c --></div> #include <stdio.h> std::vector<int>* p = &q; a->b; x ?? y; `${z}` $HOME \\n C:\\dir",
    "https://example.org/a/b?c=d&e=%20f#g user@example.org ~/x_y-z.tar.gz",
    "Gr\u00fc\u00dfe aus K\u00f6ln, \u00c7a va? Ni\u00f1o \u0141\u00f3d\u017a \u0130stanbul \u0131 \u01c5 \u1e9e \ufb01ne \u212b \u2126",
    "e\u0301 e\u0301\u0302\u0303 \u00e9 a\u0308\u0323 \u1e69 s\u0323\u0307 s\u0307\u0323 \u1100\u1161\u11a8 \uac01 \u0958 \u2adc",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440! \u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac \u0391\u03a3 \u10d2\u10d0\u10db\u10d0\u10e0\u10ef\u10dd\u10d1\u10d0 \u0532\u0561\u0580\u0587",
    "\u4f60\u597d\uff0c\u4e16\u754c\u3002\u4eca\u5929\u5929\u6c23\u5f88\u597d\uff01\u300c\u5f15\u7528\u300d\u3042\u308a\u304c\u3068\u3046\u30ab\u30bf\u30ab\u30ca\u30fc\uff76\uff9e \ud55c\uad6d\uc5b4 \ud14d\uc2a4\ud2b8",
    "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd \u05e0\u05b4\u05e7\u05bc\u05d5\u05bc\u05d3 \u0627\u0644\u0633\u0644\u0627\u0645 \u0639\u0644\u064a\u0643\u0645 \u0645\u064f\u062d\u064e\u0645\u064e\u0651\u062f \u200f123\u200e \u202babc\u202c \u2066x\u2069",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0915\u094d\u0937\u093f \u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e04\u0e23\u0e31\u0e1a \u0ba4\u0bae\u0bbf\u0bb4\u0bcd \u0f56\u0f7c\u0f51 \u1019\u103c\u1014\u103a\u1019\u102c \u12a0\u121b\u122d\u129b \u13e3\u13b3\u13a9",
    "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f469\U0001f3fd\u200d\U0001f680 \U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7 \u2764\ufe0f 1\ufe0f\u20e3 \U0001f3f4\U000e0067\U000e0062\U000e007f \U0001f98a\U0001fae0",
    "\U0001d49c\U0001d4d1 \U00010348 \U00020000\U0002a6d6 \U0001f0a1 \ue000 \U0010fffd \ufffd \ufffe \u0378",
    "\x00\x01\x02\x07\x08\x0b\x0c\x1b[31mred\x1b[0m\x7f \x80\x85\x9f a\x85b",
    "\u00a0nbsp \u2003em\u2009thin\u3000wide \u1680 \u2028line\u2029para \u200bzero\u200cwidth\u200djoin\ufeffbom \u180e \u205f \u00adsoft",
    "\ufeffstart", "\u2581already \u2581\u2581marked\u2581", "<0x41><0x0A> <0xFF> <0xZZ>",
    "a" * 300, "\u00e9" * 100 + "=" * 200 + "-" * 65 + "." * 33 + "!" * 17, "aaaa aaaaa aaaaaa", "ab" * 130,
    "Donaudampfschifffahrtselektrizit\u00e4tenhauptbetriebswerkbauunterbeamtengesellschaft" * 3,
    "<s>text</s> <|endoftext|><|im_start|>user\nHi<|im_end|>\n<bos>x<eos> <|begin_of_text|> <start_of_turn>y<end_of_turn>\n<unk><pad>",
    "a<mark>b <mark> c  <mark>  d <word>e <word> f.<word>.g\n<word>\n", "<MARK> <s ><s<s>> <<s>>",
    "It\u2019s \u201cquoted\u201d \u2014 dash\u2013dash \u2026 \u00ab\u00a0x\u00a0\u00bb \u20ac5 \u00a39 5\u00b0C \u2248\u00b1\u00d7\u00f7 \u2190\u2192 \u2713 \u25a0\u25cf \u2500\u2502\u250c",
    "CamelCaseWord snake_case_word SCREAMING_CASE kebab-case XMLHttpRequest iPhone15Pro \u00c9COLE \u00c9t\u00e9 \u01c4\u01c6",
    "  \u00a0 \u3000 x \n\u00a0\n y \u2003\n", "line one \nline two\n  line three\n\n\n  line four  \n  ", "!?!?!? ...\n\n...\n /\n//\n",
]

def random_texts(count=12, length=60):
    """Characters of all planes that are assigned since long, with blanks and ASCII between them."""
    rng = random.Random(7)
    ranges = [(0x20, 0x7f)] * 4 + [(0x9, 0xe), (0xa0, 0x180), (0x300, 0x330), (0x391, 0x3c9), (0x410, 0x44f),
              (0x5d0, 0x5ea), (0x621, 0x64a), (0x905, 0x939), (0x3041, 0x3096), (0x4e00, 0x9fa5), (0xac00, 0xd7a3),
              (0x2000, 0x2030), (0x2190, 0x2200), (0x1f300, 0x1f64f), (0x20, 0x21), (0x30, 0x3a)]
    return ["".join(chr(rng.randrange(*rng.choice(ranges))) for _ in range(length)) for _ in range(count)]

GPT4 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
TEKKEN = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]

def corpus():
    words = (HERE.parents[2] / "LICENSE").read_text().split("\n")
    return words + [text for text in TEXTS if "<" not in text] * 3

def trained(model, trainer, normalizer=None, pre=None, decoder=None):
    tokenizer = Tokenizer(model)
    if normalizer: tokenizer.normalizer = normalizer
    if pre: tokenizer.pre_tokenizer = pre
    if decoder: tokenizer.decoder = decoder
    tokenizer.train_from_iterator(corpus(), trainer)
    return tokenizer

def byte_level(pre, size=900, special=("<|endoftext|>", "<|im_start|>", "<|im_end|>"), normalizer=None):
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=list(special), show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    return trained(models.BPE(), trainer, normalizer, pre, decoders.ByteLevel())

def split(pattern):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"),
                                    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])

def sentence_piece(normalizer, pre, size=1100, fuse_unk=True):
    """Trained as BPE over words that begin with the mark, with the 256 byte tokens first."""
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=["<unk>", "<s>", "</s>", *BYTES], show_progress=False)
    tokenizer = trained(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=fuse_unk), trainer, None,
                        pre_tokenizers.Metaspace(prepend_scheme="always", split=True))
    data = json.loads(tokenizer.to_str())
    # Rare characters go, so that bytes stand for them.
    merged = {piece for pair in data["model"]["merges"] for piece in pair}
    keep = [p for p, i in sorted(data["model"]["vocab"].items(), key=lambda item: item[1])
            if len(p) > 1 or ord(p) < 0x250 or p == "\u2581" or p in merged]
    data["model"]["vocab"] = {piece: i for i, piece in enumerate(keep)}
    data["added_tokens"] = [entry for entry in data["added_tokens"] if not entry["content"].startswith("<0x")]
    tokenizer = Tokenizer.from_str(json.dumps(data))
    if normalizer: tokenizer.normalizer = normalizer
    if pre: tokenizer.pre_tokenizer = pre
    else:
        data = json.loads(tokenizer.to_str()); data["pre_tokenizer"] = None
        tokenizer = Tokenizer.from_str(json.dumps(data))
    tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    return tokenizer

def with_bos(tokenizer, token, eos=None):
    pieces = [token, "$A"] + ([eos] if eos else [])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=" ".join(pieces), special_tokens=[(t, tokenizer.token_to_id(t)) for t in (token, eos) if t])
    return tokenizer

def unigram(pre, byte_fallback):
    trainer = trainers.UnigramTrainer(vocab_size=700, special_tokens=["<s>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False)
    tokenizer = trained(models.Unigram(), trainer, None, pre_tokenizers.Metaspace(prepend_scheme="always", split=True), decoders.Metaspace())
    data = json.loads(tokenizer.to_str())
    vocab = [entry for entry in data["model"]["vocab"] if len(entry[0]) > 1 or ord(entry[0]) < 0x250 or entry[0] == "\u2581"]
    if byte_fallback:
        vocab += [[piece, -20.0] for piece in BYTES]
    data["model"].update(vocab=vocab, byte_fallback=byte_fallback)
    tokenizer = Tokenizer.from_str(json.dumps(data))
    tokenizer.pre_tokenizer = pre
    return tokenizer

def all_tokenizers():
    P, N = pre_tokenizers, normalizers
    yield "llama3", ignoring_merges(with_bos(byte_level(split(GPT4 % r"\p{N}{1,3}"), special=("<|begin_of_text|>", "<|endoftext|>")), "<|begin_of_text|>"))
    yield "qwen2", byte_level(split(GPT4 % r"\p{N}"), normalizer=N.NFC())
    yield "gpt2", byte_level(P.ByteLevel(add_prefix_space=True))
    yield "smollm", byte_level(P.Sequence([P.Digits(individual_digits=True), P.ByteLevel(add_prefix_space=False)]))
    yield "tekken", with_bos(byte_level(split(TEKKEN), special=("<unk>", "<s>", "</s>")), "<s>")
    marks = byte_level(P.Sequence([P.Punctuation(), P.Digits(individual_digits=False), P.ByteLevel(add_prefix_space=False)]),
                       normalizer=N.Sequence([N.NFKC(), N.Replace(Regex(r"\s{2,}"), "  "), N.Strip()]))
    marks.add_tokens([AddedToken("<mark>", lstrip=True, rstrip=True), AddedToken("<word>", single_word=True, normalized=False),
                      AddedToken("caf\u00e9 \ufb01", normalized=True), AddedToken("....", normalized=False)])
    yield "marks", marks
    legacy = N.Sequence([N.Prepend("\u2581"), N.Replace(" ", "\u2581")])
    yield "llama2", with_bos(sentence_piece(legacy, None), "<s>")
    yield "mistral", with_bos(sentence_piece(None, P.Metaspace(prepend_scheme="first", split=False)), "<s>", "</s>")
    yield "gemma", with_bos(sentence_piece(N.Replace(" ", "\u2581"), P.Split(" ", "merged_with_previous"), fuse_unk=False), "<s>")
    yield "unigram", with_bos(unigram(P.Metaspace(prepend_scheme="always", split=True), False), "<s>", "</s>")
    yield "unigram-bytes", unigram(P.Metaspace(prepend_scheme="never", split=False), True)

def ignoring_merges(tokenizer):
    data = json.loads(tokenizer.to_str())
    data["model"]["ignore_merges"] = True
    # A whole word that no merge makes: only ignore_merges gives it.
    data["model"]["vocab"]["\u0120leading"] = data["model"]["vocab"].get("\u0120leading", len(data["model"]["vocab"]))
    return Tokenizer.from_str(json.dumps(data))

def write(path, value):
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")

def smollm2(path):
    """The tokenizer as transformers reads it from GGUF. It does not follow tokenizer.ggml.pre: that of SmolLM2 (smollm) is
    put to what it stands for, which the model's own tokenizer.json has too."""
    from transformers import AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(str(path.parent), gguf_file=path.name)._tokenizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                                       pre_tokenizers.ByteLevel(add_prefix_space=False)])
    return lambda text: tokenizer.encode(text).ids

def gemma3(path):
    """SentencePiece itself on the pieces of the GGUF file. (transformers makes merges of them, and joins runs of more than
    31 blanks otherwise.)"""
    from gguf import GGUFReader
    fields = GGUFReader(str(path)).fields
    tokens, types, scores = (fields[f"tokenizer.ggml.{key}"].contents() for key in ("tokens", "token_type", "scores"))
    # The library wants an unknown piece; the file has it as a control piece.
    types = [2 if token == "<unk>" else kind for token, kind in zip(tokens, types)]
    return sentence_piece_itself(tokens, types, scores, prefix=False, bos=tokens.index("<bos>"))

def sentence_piece_itself(tokens, types, scores, prefix, bos):
    """ids of a text: control pieces are looked for in it, as llama.cpp does; the library encodes what lies between."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2
    model = sentencepiece_model_pb2.ModelProto()
    for token, kind, score in zip(tokens, types, scores):
        model.pieces.add(piece=token.replace(" ", "\u2581") if kind == 4 else token, type=kind, score=score)
    model.trainer_spec.model_type, model.trainer_spec.byte_fallback = 2, True
    model.trainer_spec.unk_id = types.index(2)
    model.normalizer_spec.name, model.normalizer_spec.add_dummy_prefix = "identity", prefix
    model.normalizer_spec.remove_extra_whitespaces = False
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString())
    control = {token: i for i, (token, kind) in enumerate(zip(tokens, types)) if kind in (2, 3)}
    cut = re.compile("(" + "|".join(map(re.escape, sorted(control, key=len, reverse=True))) + ")")
    def ids(text):
        parts = [[control[part]] if part in control else processor.encode(part) for part in cut.split(text)]
        return [bos] + [i for part in parts for i in part]
    return ids

def write_scores(texts):
    """A model as GGUF has it, trained by SentencePiece: with a blank put before a text, and tokens that users defined."""
    import io, sentencepiece
    from sentencepiece import sentencepiece_model_pb2
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(text for text in corpus() if text), model_writer=out, model_type="bpe", vocab_size=900,
        byte_fallback=True, character_coverage=0.98, normalization_rule_name="identity", remove_extra_whitespaces=False,
        user_defined_symbols=["\u2581\u2581", "\u2581\u2581\u2581", "....", "\t\t"], minloglevel=2, num_threads=1)
    model = sentencepiece_model_pb2.ModelProto.FromString(out.getvalue())
    tokens, types, scores = ([getattr(piece, key) for piece in model.pieces] for key in ("piece", "type", "score"))
    ids = sentence_piece_itself(tokens, types, scores, prefix=True, bos=1)
    blanks = [token.replace("\u2581", " ") if kind == 4 else token for token, kind in zip(tokens, types)]
    write(HERE / "scores" / "gguf.json", {"tokens": blanks, "types": types, "scores": scores})
    write(HERE / "scores" / "ids.json", [ids(text) for text in texts])

def main():
    texts = TEXTS + random_texts()
    write(HERE / "texts.json", texts)
    for name, tokenizer in all_tokenizers():
        write(HERE / name / "tokenizer.json", json.loads(tokenizer.to_str()))
        write(HERE / name / "ids.json", [tokenizer.encode(text).ids for text in texts])
        print(name, tokenizer.get_vocab_size())
    write_scores(texts)
    for make, path in zip((smollm2, gemma3), map(pathlib.Path, sys.argv[1:])):
        ids = make(path)
        write(HERE / f"{make.__name__}.json", [ids(text) for text in texts])

if __name__ == "__main__":
    main()
