"""A Graph API on loopback that plays the campaigns of the registry and refuses what Meta refuses."""
