"""The training of a small network as a page to scrub through.

The page computes with the program that ``engine.source`` writes for the network's graph, so there is no
second implementation of a network. Its parts, in JavaScript, are in this folder.
"""

from .player import TrainingPlayer, play_training

__all__ = ["TrainingPlayer", "play_training"]
