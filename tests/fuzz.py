"""Fuzz one target for a while, guided by coverage: ``python tests/fuzz.py expressions 300``.

Name and seconds, or a number of runs, as in ``2000x``, which are the same each time; then, if wanted, a
folder for corpus and findings, and flags of libFuzzer. With 0 seconds the seeds alone are run, for which no
fuzzer is needed. It is started in a process of its own: the alarm cannot be taken down again.
"""

import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path

FEW = 60  # seeds that the fuzzer begins with; each is measured before it goes on to anything new


def inherited():
    """Megabytes of the peak that this process began with: Linux hands on that of the one that started it."""
    import resource  # noqa: PLC0415  (not on Windows, nor is the fuzzer)

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def fuzz(name, length, folder, *flags):
    import atheris  # noqa: PLC0415  (not needed for seeds alone, and not to be had everywhere)

    with atheris.instrument_imports(include=["engine", "nn"]):
        run, seeds, words = ready(name, folder)
    corpus, dictionary = folder / "corpus", folder / "words"
    corpus.mkdir(exist_ok=True)
    for k, seed in enumerate(seeds[:: len(seeds) // FEW + 1]):
        (corpus / f"seed-{k}").write_bytes(seed)
    dictionary.write_text("".join(f'"{escaped(word)}"\n' for word in words), encoding="utf-8")
    atheris.Setup(
        [
            "fuzz", str(corpus), f"-dict={dictionary}", f"-artifact_prefix={folder}/", "-timeout=10",
            f"-rss_limit_mb={inherited() + 2048}", "-max_len=600", "-print_final_stats=1",
            *limited(length), *flags,
        ],
        run,
    )  # fmt: skip
    atheris.Fuzz()


def limited(length):
    """The flags for so many seconds of anything, or for so many runs that are the same each time."""
    runs = length.removesuffix("x")
    if runs == length:
        return [f"-max_total_time={length}"]
    return ["-seed=1", f"-runs={runs}", "-reload=0"]  # to read the corpus again depends on the clock


def ready(name, folder):
    """The target with its alarm, its seeds and words, once all seeds have been through it."""
    os.environ["CHAINRULE_DOT"] = "own"  # another layout would be another process
    os.fsync = lambda _: None  # the disk's time would be nearly all of it
    guards = import_module("fuzz_guard")
    target, seeds, words = import_module("fuzz_targets").TARGETS[name]
    rules, node = import_module("engine.rules"), import_module("engine.node")
    for rule in rules.REGISTRY.values():  # methods are compiled when they are first used: that is no alarm
        if len(rule.operands) in {1, 2}:
            node.compiled(rule)
    for seed in seeds:  # unwatched, so that all is loaded that is needed
        target(seed, folder, guards.Asleep())
    guard = guards.Guard()
    for seed in seeds:
        target(seed, folder, guard)
    return (lambda content: target(content, folder, guard)), seeds, words


def escaped(word):
    return "".join(f"\\x{byte:02x}" for byte in word.encode())


if __name__ == "__main__":
    target, length, *rest = sys.argv[1:]
    place = Path(rest.pop(0) if rest and not rest[0].startswith("-") else tempfile.mkdtemp(prefix="fuzz-"))
    if length == "0":
        ready(target, place)
    else:
        fuzz(target, length, place, *rest)
