"""How many signed deliveries a second the receiver acknowledges, and how late, beside one that keeps nothing.

An open loop: deliveries are due at fixed moments, and latency counts from the moment, not from the sending. The load
generator shares the two cores. `--seconds 60` is the promise's length.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from tests.events.notifications import of_page, reaction, signature
from tests.events.running import Running, environment, free_port, started

RATE, CONNECTIONS = 1_000, 32
POST = "104857600000201_122100000000000101"
KEEPS_NOTHING = """
import sys
from ingest.adapters import webhook_app
async def keep(self, delivery):
    return webhook_app.KEPT
webhook_app.Writer.keep = keep
from ingest.cli import main
sys.argv = ["campaign-reach", "receive", "--port", sys.argv[1]]
main()
"""


def requests_of(count: int) -> list[bytes]:
    """Whole HTTP requests, made before the clock runs."""
    made = []
    for number in range(count):
        body = of_page(reaction(POST, number))
        length, signed = f"Content-Length: {len(body)}", f"X-Hub-Signature-256: {signature(body)}"
        head = "\r\n".join(("POST /webhook HTTP/1.1", "Host: x", length, signed))
        made.append(f"{head}\r\n\r\n".encode() + body)
    return made


async def load(port: int, made: Sequence[bytes]) -> tuple[list[float], int]:
    """Send each request when it is due; the latencies, and how many were not answered with 200."""
    latencies: list[float] = []
    refused = 0
    start = time.perf_counter() + 0.2

    async def connection(first: int) -> None:
        nonlocal refused
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in range(first, len(made), CONNECTIONS):
            due = start + number / RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            writer.write(made[number])
            answer = await reader.readuntil(b"\r\n\r\n")
            refused += not answer.startswith(b"HTTP/1.1 200")
            latencies.append(time.perf_counter() - due)
        writer.close()

    await asyncio.gather(*(connection(first) for first in range(CONNECTIONS)))
    return latencies, refused


def show(what: str, receiver: Running, made: Sequence[bytes]) -> float:
    """Print a row; the median latency."""
    latencies, refused = asyncio.run(load(receiver.port, made))
    latencies.sort()
    status = Path(f"/proc/{receiver.process.pid}/status").read_text(encoding="utf-8")
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    p99 = latencies[int(0.99 * len(latencies))]
    print(f"{what:<16} {len(made)} at {RATE}/s: {refused} not 200, p50 {1000 * statistics.median(latencies):5.1f} ms, "
          f"p99 {1000 * p99:6.1f} ms, peak {peak:4.0f} MB")  # fmt: skip
    return statistics.median(latencies)


def main() -> None:
    """Print the receiver's row, and that of one that keeps nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    made = requests_of(RATE * parser.parse_args().seconds)
    with tempfile.TemporaryDirectory() as folder:
        kept = started(Path(folder), free_port())
        median = show("durable", kept, made)
        kept.kill()
        port = free_port()
        command = [sys.executable, "-c", KEEPS_NOTHING, str(port)]
        process = subprocess.Popen(command, env=environment(Path(folder)), stderr=subprocess.PIPE)
        while not _answers(port):
            time.sleep(0.05)
        control = show("keeps nothing", Running(process, port), made[: len(made) // 4])
        process.kill()
        process.communicate()
    print(f"durability costs {median / control:.1f} × the median; ≤ 100 ms p99, ≤ 128 MB")


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    main()
