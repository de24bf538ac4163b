"""One training step of the moons network, in each peer's own way of writing networks.

Each module has functions that return a ``Descent``; the peers' modules import the peer at their top.
"""
