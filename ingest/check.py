"""Checks: is everything there that a run needs; one line each, with what to do."""
