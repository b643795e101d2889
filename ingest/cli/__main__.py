"""`python -m ingest.cli`: the same as `campaign-reach`."""

from ingest.cli import main

main()
