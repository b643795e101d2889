"""The verbs, one file each, in the pipeline's order: plan, refresh, load, build, publish."""
