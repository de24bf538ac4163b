"""How a picture is drawn: plain data in, SVG or DOT out, and HTML that shows it anywhere.

``diagram`` is the data; ``look`` and ``svg`` are how it looks. ``layout``, with ``nesting`` and ``columns``,
is our own layout; ``graphviz`` asks a program for one, in the language that ``dot`` writes.
``embed`` puts pictures into pages.
"""
