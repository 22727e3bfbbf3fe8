"""Writes yaml.json: texts as PyYAML writes them, and what they say, every scalar as its text. Needs Debian's python3-yaml.

    /usr/bin/python3 make_yaml.py
"""
import json
import os
import random

import yaml

rng = random.Random(11)
WORDS = ["plain", "a b", "", " leading", "trailing ", "it's", 'say "x"', "a: b", "a #b", "#c", "- d", "null", "true", "12", "1.5", "x" * 100, "word " * 40, "line\nbreak", "end\n",
         "two\n\nlines", "é ü 漢字 😀", "tab\there", "{}", "[1, 2]", "!tag", "&a", "*b", "|", ">", "%", "@", "`", "?", "-", ":", "key:", "C:\\x", "\u0007", "2024-01-01 10:00:00.123456",
         '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 4]}, "name": "a long name of an input, so that the line is folded"}]']


def value(depth):
    kind = rng.random()
    if depth > 3 or kind < 0.55:
        return rng.choice(WORDS)
    if kind < 0.6:
        return None
    if kind < 0.75:
        return [value(depth + 1) for _ in range(rng.randrange(0, 4))]
    return {f"{rng.choice(['k', 'a b', 'c.d', 'é', 'x-y'])}{i}": value(depth + 1) for i in range(rng.randrange(0, 4))}


cases = []
for _ in range(400):
    said = {f"k{i}": value(0) for i in range(rng.randrange(1, 6))}
    cases.append({"yaml": yaml.safe_dump(said, default_flow_style=False, allow_unicode=rng.random() < 0.5), "json": said})
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "yaml.json"), "w") as file:
    json.dump(cases, file, ensure_ascii=True, separators=(",", ":"))
