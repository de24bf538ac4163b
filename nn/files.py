"""Model files: JSON that holds numbers and names, never code."""

from __future__ import annotations

import json
import math
import os
import reprlib
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT, VERSION = "chainrule model", 1


class ModelFileError(ValueError):
    """A model file that cannot be read, or that does not fit the model."""


def write(path: str | Path, parameters: Mapping[str, float], architecture: Mapping[str, Any] | None) -> None:
    """Write parameters, and what the model is built of where that is known.

    The file appears whole or not at all. ValueError for a parameter that is not finite; OSError, with the
    path, where it cannot be written.
    """
    for name, x in parameters.items():
        if not math.isfinite(x):
            raise ValueError(f"parameter {name} is {x}; a model file holds finite numbers only")
    model = {"format": FORMAT, "version": VERSION}
    if architecture is not None:
        model["architecture"] = dict(architecture)
    model["parameters"] = dict(parameters)
    text = json.dumps(model, indent=1, ensure_ascii=False) + "\n"
    target = Path(path).resolve()  # a link stays a link
    try:
        if target.exists() and not target.is_file():  # a pipe or a device: there is nothing to replace
            target.write_text(text, encoding="utf-8")
        else:
            _replace(target, text)
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from None


def read(path: str | Path) -> tuple[dict[str, float], dict[str, Any] | None]:
    """Parameters and architecture of a model file; a plain JSON object of numbers will do as well.

    Raises OSError where the file cannot be opened, ModelFileError where it is no model.
    """
    try:
        model = json.loads(Path(path).read_text(encoding="utf-8"), object_pairs_hook=_distinct)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path} is not a JSON file of numbers: {error}") from None
    if not isinstance(model, dict):
        raise ModelFileError(f"{path} holds a {type(model).__name__}; expected an object of named numbers")
    if "parameters" not in model:
        return _numbers(path, model), None
    if model.get("format") != FORMAT or model.get("version") != VERSION:
        raise ModelFileError(
            f"{path} has format {model.get('format')!r}, version {model.get('version')!r}; "
            f"this version of chainrule reads {FORMAT!r}, version {VERSION}"
        )
    architecture = model.get("architecture")
    if not isinstance(model["parameters"], dict) or not isinstance(architecture, dict | None):
        raise ModelFileError(f"{path}: parameters and architecture must be objects")
    return _numbers(path, model["parameters"]), architecture


def _numbers(path: str | Path, parameters: dict[str, Any]) -> dict[str, float]:
    for name, x in parameters.items():
        if isinstance(x, bool) or not isinstance(x, int | float) or not abs(x) <= sys.float_info.max:
            raise ModelFileError(f"{path}: parameter {name} must be a finite number, got {reprlib.repr(x)}")
    return {name: float(x) for name, x in parameters.items()}


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, x in pairs:
        if name in found:
            raise ValueError(f"{name!r} is there twice")
        found[name] = x
    return found


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123  (a descriptor, not a path)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
