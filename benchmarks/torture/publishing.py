"""A thousand publications, a hundred SIGKILLs of the publisher, four readers reopening: in a folder and on S3 (moto).

Nothing torn, nothing missing, nothing backward; otherwise it fails.
"""

import argparse
import os
import sys
import tempfile
import time
from uuid import uuid4

from tests.readers.publishing_under_fire import Fought, fight


def main() -> int:
    """Run, print what readers saw, and say whether every promise held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--publications", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--readers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=20241125)
    asked = parser.parse_args()
    how = {name: getattr(asked, name) for name in ("publications", "kills", "readers", "seed")}
    with tempfile.TemporaryDirectory() as folder:
        held = told("folder", time.monotonic(), fight(f"{folder}/published", **how), asked.publications)
    return 0 if held & on_s3(how, asked.publications) else 1


def on_s3(how: dict[str, int], publications: int) -> bool:
    """The same on moto's server."""
    import logging

    from moto.server import ThreadedMotoServer

    from ingest.adapters.s3 import Bucket

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    os.environ |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    bucket = Bucket(f"torture-{uuid4().hex[:12]}", "", f"http://{host}:{port}")
    bucket.client.create_bucket(Bucket=bucket.name)
    began = time.monotonic()
    fought = fight(f"{bucket.uri}/published", endpoint_url=bucket.endpoint_url or "", **how)
    server.stop()
    return told("S3", began, fought, publications)


def told(where: str, began: float, fought: Fought, publications: int) -> bool:
    """Print it; whether it held."""
    seen = fought.seen
    print(
        f"{where}: {fought.published} publications, {fought.kills} SIGKILLs in {time.monotonic() - began:.0f} s: "
        f"{seen.reads} reads of up to {seen.versions} versions by a reader, "
        f"{len(seen.torn)} torn, {len(seen.missing)} missing, {len(seen.backward)} backward"
    )
    for line in (*seen.torn, *seen.missing, *seen.backward)[:5]:
        print(f"  {line}")
    return fought.is_clean and fought.published == publications


if __name__ == "__main__":
    sys.exit(main())
