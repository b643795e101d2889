"""The gates: what must hold of a landed batch and of a candidate publication before anybody reads it."""
