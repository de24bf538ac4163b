"""How a picture is drawn: plain data in, SVG or DOT out, and HTML that shows it anywhere.

``diagram`` is the data; ``style``, ``widths``, ``marks``, ``legend`` and ``svg`` are how it looks.
``layout``, with what it is made of, is our own layout, and ``dot_language`` asks Graphviz for one.
``embed`` puts pictures into pages.
"""
