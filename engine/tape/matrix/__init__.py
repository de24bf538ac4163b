"""The matrix form that a tape found, as NumPy code: to be read in class, and run without this project."""

from .program import matrix_source

__all__ = ["matrix_source"]
