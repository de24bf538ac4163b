"""What a picture of a graph says: which boxes and arrows there are, and what is written on them.

A ``snapshot`` holds a graph's numbers. A *plan* says what stands for what: a box for each value, for each
neuron, layer or band of depth. ``picture`` puts the two together into the plain data that gets drawn.
"""
