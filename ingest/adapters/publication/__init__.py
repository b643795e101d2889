"""The publication: candidate file, manifest, and the folder that readers open."""
