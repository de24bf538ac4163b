# Two paths
from chainrule import Value, label, tree

u = Value(3.0)
C = u * u + u
label(locals())
C.backward()

print(tree(C))
display(C.explain(u))  # gradients add up over the paths
C.draw()
