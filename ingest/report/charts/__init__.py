"""The charts: one module per picture, each gives a canvas of a width, or nothing when there is nothing to draw."""
