"""One outside system each: the Graph API, landing, the registry, the warehouse, the publication."""
