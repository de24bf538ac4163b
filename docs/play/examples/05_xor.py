# Exclusive or, trained
import random

from chainrule import nn

xs, ys = nn.data.xor()
model = nn.MLP(2, [4, 1], activation="tanh", rng=random.Random(1))
history = nn.fit(model, xs, ys, lr=0.5, epochs=100, record=True, progress=False)
for x, y in zip(xs, ys, strict=True):
    print(x, y, round(model(x).data, 3))
nn.play_training(history)
