"""Print the page of all rules: ``python -m engine.formula > engine/rules/README.md``."""

from .table import page

print(page())
