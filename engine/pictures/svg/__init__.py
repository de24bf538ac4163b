"""How a picture is drawn: plain data in, SVG or DOT out, and HTML that shows it anywhere.

``diagram`` is the data. ``letters`` and ``ink`` are its type and its colours, ``pen`` its strokes.
Four modules draw: ``layered`` an expression (with ``items`` and ``places``), ``chained`` the book's chain,
``carded`` neurons, ``falk`` matrices. ``dot`` writes the DOT language, ``graphviz`` runs a program for the
layout. ``embed`` puts pictures into pages.
"""
