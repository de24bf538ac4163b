# One neuron
from chainrule import Value, affine, label

w, x, b, y = Value(0.5), Value(0.88), Value(0.1), Value(1.0)
z = affine(b, [w], [x])  # z = w x + b
a = z.sigmoid()
C = (a - y) ** 2
label(locals())
C.backward()

display(C.explain(w))
C.play()  # the last line is shown
