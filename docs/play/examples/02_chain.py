# A chain of three neurons
import random

from chainrule import label, nn

model = nn.MLP(1, [1, 1, 1], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
C = nn.losses.squared_error(model([0.5]), 1.0)
label(C_0=C)
C.backward()
C.play()
