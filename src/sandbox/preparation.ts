// Python source that makes the boot image: the usual modules, our own functions, and everything that is set up on
// first use already set up.
import { ANSWER } from './answerSource.ts'
import { EXCHANGE } from './exchangeSource.ts'
import { TESTS } from './testsSource.ts'

/** Modules that programs use often. Each makes the image larger, and with it the reset after every program. */
const WARM_MODULES =
  'bisect, collections, collections.abc, copy, datetime, decimal, fractions, functools, hashlib, heapq, io, ' +
  'itertools, json, math, operator, random, re, statistics, string, sys, typing'

const REHEARSAL = {
  program: `
from typing import List, Dict, Optional
import math
def helper(x: int) -> int:
    return x + 1
def f(xs: List[int], table: Dict[str, float], divisor: int) -> Optional[list]:
    """Returns what the tests want."""
    text = "".join(sorted(str(x) for x in xs))
    return [[x // divisor for x in xs], {k: v / 2 for k, v in table.items()}, (text, True, None), {1.5}]
`,
  test: `
METADATA = {}
def check(candidate):
    for n in (1, 2, 3):
        assert candidate([1, 2, 3], {"a": 1.0}, n)[1] == {"a": 0.5}, "message"
    assert candidate([5], table={}, divisor=1) == [[5], {}, ("5", True, None), {1.5}]
    assert helper(1) == 2 and abs(candidate([], {}, 1)[2][1] - 1) < 1e-6
`,
}

/** A Python string literal: JSON's is one, for text without lone surrogates. */
const asPython = (text: string): string => JSON.stringify(text)

// Programs use sys.maxsize as infinity: it is a 64-bit machine's. Random numbers are the same on every run.
const PREPARE = String.raw`
import ${WARM_MODULES}
import builtins, gc, posix, warnings
exec("from typing import *", {})  # some of its names are made on first use
sys.maxsize = 2**63 - 1
warnings.simplefilter("ignore", SyntaxWarning)
warnings.simplefilter("ignore", DeprecationWarning)
random.seed(0)

def _unbuffered(name, fd):
    # What a program printed is kept even if it is stopped before it ends the line.
    raw, old = open(fd, "wb", 0, closefd=False), getattr(sys, name)
    raw.name = old.name
    stream = io.TextIOWrapper(raw, old.encoding, old.errors, write_through=True)
    stream.mode = "w"
    setattr(sys, name, stream)
    setattr(sys, "__%s__" % name, stream)

_unbuffered("stdout", 1)
_unbuffered("stderr", 2)
del _unbuffered

_tunediff = _tunediff_exchange()
compile_program, call, look_up, describe = _tunediff_answer(*_tunediff[:4])
judge = _tunediff_tests(*_tunediff, posix.read, posix.write)

def _use_once():
    # A whole judgement with a channel of Python's own: what is set up on first use is then in the image.
    pack, namespace, replies = _tunediff[2], {"__builtins__": builtins}, []
    exec(compile_program(${asPython(REHEARSAL.program)}.encode("utf-16-le")), namespace)
    def write(fd, data):
        kind, name, *rest = data.split(b"\0", 2)
        reply = b"=" + (call(namespace, name, *rest) if kind == b"call" else look_up(namespace, name))
        replies[:] = [len(reply).to_bytes(8, "little"), reply]
    def read(fd, size):
        return replies.pop(0)
    rehearse = _tunediff_tests(*_tunediff, read, write)
    for _ in range(20):
        report = rehearse(pack(["", ${asPython(REHEARSAL.test)}, "f"]))
        assert report == b'{"kind": "pass"}', report
    try:
        namespace["f"]([], {}, 0)
    except ZeroDivisionError as error:
        describe(error)

_use_once()
del _use_once
sys.path[:] = [folder for folder in sys.path if folder]
gc.collect()
gc.freeze()
`

/** Runs once, before the boot image is made. */
export const PREPARATION = EXCHANGE + ANSWER + TESTS + PREPARE
