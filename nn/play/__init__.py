"""The training of a small network as a page to scrub through.

The page computes with the text that ``engine.source`` writes of the network's own graph: no second
implementation of a network is in it. Its parts, in JavaScript, stand beside the modules that feed them.
"""

from .player import TrainingPlayer, play_training

__all__ = ["TrainingPlayer", "play_training"]
