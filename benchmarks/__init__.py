"""How fast chainrule is, beside named peers, as ratios of one run: ``python -m benchmarks``.

Not part of the wheel. ``measure`` runs rounds, ``stats`` reads them, ``report`` writes them down; a benchmark
is a module with a function ``table(options)``; a peer is a module in ``benchmarks.peers``.
"""
