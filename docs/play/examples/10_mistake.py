# A mistake
from chainrule import Value

score = Value(-1.0, label="score")
score.log()
