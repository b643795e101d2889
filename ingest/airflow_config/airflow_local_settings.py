"""Loaded by every process of Airflow; only the scheduler, from which the tasks are forked, is made warm by it.

It is found when this folder is on PYTHONPATH. Without it the same DAGs work, a few seconds slower per event
(docs/decisions/0006).
"""

import sys

if "scheduler" in sys.argv:
    from ingest.warm import warm_up

    warm_up()
