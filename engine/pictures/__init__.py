"""What a picture of a graph shows: its boxes and arrows, and the text on them.

A ``snapshot`` holds a graph's numbers. A *plan* decides what stands for what: a box for each value, for each
neuron, layer or band of depth. ``picture`` combines the two into the plain data that gets drawn.
"""
