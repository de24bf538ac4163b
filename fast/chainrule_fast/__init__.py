"""The compiled node of chainrule. There is nothing to call here: ``engine`` uses it where it is installed."""
