# Worksheets, and their key
from chainrule import Value, label, worksheet

w, x, b, y = Value(0.5), Value(0.88), Value(0.1), Value(1.0)
z = w * x + b
C = (z - y) ** 2
label(locals())

worksheet(C, n=3)  # three sheets, each with other numbers; the first is shown, with its key
