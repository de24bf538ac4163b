"""Other Pythons, in which a program is run again."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SEEDS = ("0", "1", "12345")


def printed(program, seeds=SEEDS):
    """What a program prints in processes with other hash seeds: one text, where nothing depends on these.

    It can import the tests, and is run in the checkout.
    """
    paths = os.pathsep.join([str(ROOT / "tests"), str(ROOT), *sys.path])
    return {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8"},
            cwd=ROOT,
            capture_output=True,
            check=True,
            encoding="utf-8",
        ).stdout
        for seed in seeds
    }
