"""Two hundred SIGKILLs of receiver and consumer while a client sends: no acknowledged delivery is lost or landed twice.

A receiver that acknowledges before it writes is the control: it must lose something.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.events.crashing import (
    ACKNOWLEDGES_FIRST,
    Client,
    Outcome,
    end,
    kill_again_and_again,
    outcome,
    patched_receiver,
    wait_until,
)
from tests.events.running import free_port

FEWEST_ACKNOWLEDGED = 10_000
FULL_RUN = 200


def main() -> int:
    """Run, print what was found, and say whether every promise held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=FULL_RUN)
    parser.add_argument("--seed", type=int, default=20241124)
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        acks = FEWEST_ACKNOWLEDGED * asked.kills // FULL_RUN
        found = kill_again_and_again(Path(folder), asked.kills, seed=asked.seed, lives=(0.1, 0.6), at_least=acks)
    print(
        f"{asked.kills} SIGKILLs of receiver and consumer in {time.monotonic() - began:.0f} s (seed {asked.seed}): "
        f"{found.acknowledged} deliveries acknowledged, {len(found.lost)} lost, {len(found.altered)} altered, "
        f"{len(found.not_landed_once)} not landed once, {len(found.not_done)} not done, "
        f"ledgers differ by {found.receipts_differ}"
    )
    control = lossy()
    print(f"control, acknowledges first: {len(control.lost)} of {control.acknowledged} lost (it must lose some)")
    return 0 if found.is_clean and control.lost else 1


def lossy() -> Outcome:
    """What a receiver loses that acknowledges before it writes, when it is killed once."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        client = Client(port)
        process = patched_receiver(Path(folder), port, ACKNOWLEDGES_FIRST)
        client.start(side_by_side=4)
        wait_until(lambda: len(client.acknowledged) >= 200, seconds=60)
        end(process)
        client.stop()
        return outcome(Path(folder), [body for _, body in client.acknowledged])


if __name__ == "__main__":
    sys.exit(main())
