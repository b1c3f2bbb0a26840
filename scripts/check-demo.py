"""Checks the demo set with plain Python, without tunediff: every canonical solution passes its tests, every prompt's
examples hold for it, and every recorded answer ends as assets/demo/expected.jsonl says.

The answers were written for this project, so they are run in an ordinary subprocess. Do not use this on answers of
a model: that is what tunediff's sandbox is for. Run: python3 scripts/check-demo.py
"""

import collections
import json
import pathlib
import subprocess
import sys

TIMEOUT_S = 3
DEMO = pathlib.Path(__file__).resolve().parent.parent / "assets" / "demo"

# Runs in the subprocess: reads the parts from stdin and prints the outcome class.
RUNNER = """
import contextlib, doctest, io, json, sys
parts = json.load(sys.stdin)
def outcome():
    if not parts["answer"].strip():
        return "empty"
    try:
        program = compile(parts["prompt"] + parts["answer"] + "\\n", "answer", "exec")
    except SyntaxError:
        return "syntax"
    space = {"__name__": "answer"}
    try:
        exec(program, space)
        exec(parts["test"] + f"\\ncheck({parts['entry_point']})\\n", space)
        if parts["examples"]:
            for test in doctest.DocTestFinder().find(space[parts["entry_point"]], "example", globs=space):
                assert doctest.DocTestRunner().run(test).failed == 0
    except AssertionError:
        return "wrong"
    except NameError:
        return "missing-name"
    except RecursionError:
        return "limit"
    except Exception:
        return "exception"
    return "pass"
with contextlib.redirect_stdout(io.StringIO()):
    result = outcome()
print(result)
"""


def read(name):
    with open(DEMO / name, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def outcome(problem, answer, examples=False):
    parts = {**problem, "answer": answer, "examples": examples}
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", RUNNER],
            input=json.dumps(parts),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=True,
        )
    except subprocess.TimeoutExpired:
        return "timeout"
    return done.stdout.strip()


def mcnemar_exact(gained, lost):
    # Two-sided: twice the lower tail of a fair coin over the discordant problems.
    tosses, tail, ways = gained + lost, 0, 1
    for k in range(min(gained, lost) + 1):
        tail += ways
        ways = ways * (tosses - k) // (k + 1)
    return min(1, 2 * tail / 2**tosses)


def main():
    faults = []
    problems = {problem["task_id"]: problem for problem in read("problems.jsonl")}
    expected = {row["task_id"]: row for row in read("expected.jsonl")}
    for task_id, problem in problems.items():
        got = outcome(problem, problem["canonical_solution"], examples=True)
        if got != "pass":
            faults.append(f"{task_id} {problem['entry_point']}: the canonical solution gives {got}")
    results = {}
    for side in ("base", "variant"):
        answers = {row["task_id"]: row["completion"] for row in read(f"{side}.jsonl")}
        if list(answers) != list(problems) or list(expected) != list(problems):
            faults.append(f"{side}: the answers are not one a problem in the same order")
            continue
        results[side] = {task_id: outcome(problems[task_id], answer) for task_id, answer in answers.items()}
        for task_id, got in results[side].items():
            if got != expected[task_id][side]:
                entry = problems[task_id]["entry_point"]
                faults.append(f"{task_id} {entry}: {side} gives {got}, expected {expected[task_id][side]}")
        print(side, dict(collections.Counter(results[side].values()).most_common()))
    if len(results) == 2:
        passed = [{task_id for task_id, got in results[side].items() if got == "pass"} for side in results]
        gained, lost = len(passed[1] - passed[0]), len(passed[0] - passed[1])
        print(f"{len(problems)} problems, {gained} gained, {lost} lost, exact McNemar p = {mcnemar_exact(gained, lost):.4f}")
    print("\n".join(faults) or "as expected")
    sys.exit(1 if faults else 0)


main()
