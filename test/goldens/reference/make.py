"""Sums up assets/reference with plain Python, apart from tunediff's own code. Run: python3 test/goldens/reference/make.py"""

import csv
import json
import math
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
ASSETS = HERE.parents[2] / "assets" / "reference"


def read(name):
    with open(ASSETS / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def mean(values):
    values = list(values)
    return math.fsum(values) / len(values)


def lora_land():
    rows = [{**row, **{key: float(row[key]) for key in ("base", "tuned", "gain", "gpt_4")}} for row in read("lora-land.csv")]
    tasks = {}
    for row in rows:
        tasks.setdefault(row["task"], []).append(row)
    elsewhere = []
    for task, own in tasks.items():
        means = {r["model"]: mean(o["tuned"] for o in rows if o["model"] == r["model"] and o["task"] != task) for r in own}
        elsewhere.append(max(own, key=lambda r: means[r["model"]]))
    low = [row["gain"] for row in rows if row["base"] < 0.05]
    group = lambda key: {
        name: mean(row["gain"] for row in rows if row[key] == name) for name in dict.fromkeys(row[key] for row in rows)
    }
    return {
        "pairs": len(rows),
        "tasks": len(tasks),
        "gain": mean(row["gain"] for row in rows),
        "improved": sum(row["gain"] > 0 for row in rows),
        "bestOfTask": mean(max(row["tuned"] for row in own) - own[0]["gpt_4"] for own in tasks.values()),
        "meanTuned": mean(row["tuned"] - row["gpt_4"] for row in rows),
        "chosenOnOtherTasks": mean(row["tuned"] - row["gpt_4"] for row in elsewhere),
        "bestOverBestBase": mean(max(r["tuned"] for r in own) - max(r["base"] for r in own) for own in tasks.values()),
        "beat": sum(row["tuned"] > row["gpt_4"] for row in rows),
        "tie": sum(row["tuned"] == row["gpt_4"] for row in rows),
        "lowBase": {"pairs": len(low), "gain": mean(low)},
        "gainByCategory": group("category"),
        "gainByMetric": group("metric"),
        "gainByModel": group("model"),
    }


def humaneval():
    rows = read("humaneval-published.csv")
    span = sorted(int(row["solved_of_164"]) for row in rows if row["starting_programs"] == "Reflexion")
    close = lambda solved: sum(abs(a - b) < 6 for i, a in enumerate(solved) for b in solved[i + 1 :])
    return {
        "rows": len(rows),
        "changed": sum(row["weights_changed"] == "yes" for row in rows),
        "span": [span[0], span[-1]],
        "spanTooClose": close(span),
        "allTooClose": close([int(row["solved_of_164"]) for row in rows]),
        # Two-sided, all flips on one side: 2 * (1/2)^k.
        "pAtSix": 2 / 2**6,
        "pAtFive": 2 / 2**5,
    }


text = json.dumps({"loraLand": lora_land(), "humaneval": humaneval()}, indent=2)
(HERE / "golden.json").write_text(text + "\n", encoding="utf-8")
