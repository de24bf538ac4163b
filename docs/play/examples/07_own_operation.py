# Your own operation
from chainrule import Value, grad, label, operation


@operation(domain="x ≠ 0")
def sinc(xp, x):
    """sin x / x, with its derivative."""
    z = xp.sin(x) / x
    return z, ((xp.cos(x) - z) / x,)


x = Value(2.0)
y = sinc(x) ** 2
label(locals())
y.backward()

display(y.explain(x))
print("second derivative:", grad(grad(y)).data)
y.draw()
