"""Worksheets: a graph with boxes to write in, its chain rule as a table with blanks, and the key."""
