# A page that asks
from chainrule import Value, label

w, x, b, y = Value(0.5), Value(0.88), Value(0.1), Value(1.0)
z = w * x + b
a = z.sigmoid()
C = (a - y) ** 2
label(locals())

C.play(ask=True)
