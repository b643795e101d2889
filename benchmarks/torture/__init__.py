"""Long runs that break things on purpose: `make torture` runs each file; one ends with 1 when a promise broke."""
