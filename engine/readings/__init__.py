"""One rule, many readings: a file for each arithmetic that rules are read with."""
