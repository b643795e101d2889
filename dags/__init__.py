"""What runs when; one DAG per file, thin: the work is in `ingest.steps`."""
