# A wrong order
from chainrule import Value, label, steps

u = Value(3.0)
b = u * u
C = b + b * b
label(locals())

for step in steps(C, order="depth-first"):
    print(step)
print()
print("first wrong:", steps(C, order="depth-first").first_wrong)
