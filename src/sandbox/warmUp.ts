// What the interpreters run before anything is timed, so that V8 has compiled their hot paths with its optimising
// compiler: cold, a long loop takes about twice as long.

const PROGRAM = `
import math, re, json, collections, functools, heapq

def mix(words, n):
    counts = collections.Counter(words)
    longest = max(words, key=len)
    table = {}
    for i in range(n):
        table[i % 97] = table.get(i % 97, 0) + i * i
        if i % 3 == 0 and i % 5 != 0:
            table[i % 97] -= math.floor(math.sqrt(i))
    text = " ".join(sorted(words, key=lambda w: (len(w), w)))
    found = re.findall(r"[a-z]+", text.lower())
    heap = [len(w) * 7 % 11 for w in found]
    heapq.heapify(heap)

    @functools.lru_cache(maxsize=None)
    def steps(k):
        return 0 if k < 2 else 1 + steps(k // 2 if k % 2 == 0 else k - 1)

    flat = [x for row in [[i * j for j in range(20)] for i in range(20)] for x in row]
    primes = [p for p in range(2, 200) if all(p % d for d in range(2, int(p ** 0.5) + 1))]
    try:
        int("not a number")
    except ValueError as error:
        text = str(error) + text[::-1]
    return [sum(table.values()) % 1000, steps(n), len(flat) + primes[-1], longest, dict(counts), json.dumps(heap)[:1]]
`

const TEST = `
def check(candidate):
    words = "the quick brown fox jumps over the lazy dog and runs away".split()
    for n in (10, 1000):
        a = candidate(words, n)
        b = candidate(list(words), n)
        assert a == b and len(a) == 6
        assert a[3] == "quick" and a[4]["the"] == 2
`

export const WARM_UP = { program: PROGRAM, problem: { prompt: '', entryPoint: 'mix', test: TEST } }
