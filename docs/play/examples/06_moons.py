# Two moons, classified
import random

from chainrule import nn

rng = random.Random(1)
xs, ys = nn.data.moons(40, rng=rng)
model = nn.MLP(2, [8, 1], activation="tanh", rng=rng)
history = nn.fit(
    model, xs, ys, cost="binary_cross_entropy_from_logits", lr=1.0, epochs=60, record=True, progress=False
)
nn.play_training(history)
