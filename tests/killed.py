"""Processes that are killed while they save: ``python tests/killed.py FOLDER WAY TIMES`` tells what is left.

WAY is ``save`` or, to see that this finds what it looks for, ``in place``: a writer that is not safe.
"""

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path

from engine import Value
from nn import Module

LONG = 500_000  # of each name: a large file of which nearly all time goes into writing it
LETTERS = {"A": "abc", "B": "ABC"}


class Large(Module):
    """A model whose file takes its time, since its few parameters have long names."""

    def __init__(self, letters):
        self.held = {letter * LONG: Value(1.0) for letter in letters}


def in_place(model, path):
    path.write_text(json.dumps(model.state_dict()), encoding="utf-8")


WAYS = {"save": Module.save, "in place": in_place}


def left(folder, save, times):
    """How often a kill left the one model, the other, or neither; and temporary files."""
    path, rng = folder / "m.json", random.Random(7)
    models = {name: Large(letters) for name, letters in LETTERS.items()}
    whole = {}
    began = time.perf_counter()
    for name, model in models.items():
        save(model, path)
        whole[path.read_bytes()] = name
    longest = time.perf_counter() - began
    found = Counter()
    for _ in range(times):
        child = os.fork()
        if not child:
            while True:
                for model in models.values():
                    save(model, path)
        time.sleep(rng.uniform(0, 3 * longest))  # a child that shares its processor needs longer
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        name = whole.get(path.read_bytes(), "neither")
        found[name] += 1
        if name in models:
            models[name].load(path)
        for other in set(folder.iterdir()) - {path}:
            found[other.name[:11] + other.suffix] += 1
            other.unlink()
    return found


if __name__ == "__main__":
    place, way, many = sys.argv[1:]
    print(json.dumps(left(Path(place), WAYS[way], int(many))))
