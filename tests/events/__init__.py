"""Deliveries from the wire to the mart."""
