"""A process that stopped (SIGSTOP) in the middle of a transaction."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LOCKING = """
import sys, psycopg
connection = psycopg.connect(sys.argv[1], options=sys.argv[2])
connection.execute("UPDATE subscription_health SET delivered = delivered")
print("locked", flush=True)
sys.stdin.read()
"""


@contextmanager
def stopped_client(url: str, options: str = "") -> Iterator[None]:
    """It holds the rows of `subscription_health`, which recorders write."""
    process = subprocess.Popen(
        [sys.executable, "-c", LOCKING, url, options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == "locked\n"
        process.send_signal(signal.SIGSTOP)
        yield
    finally:
        process.kill()
        process.communicate()
