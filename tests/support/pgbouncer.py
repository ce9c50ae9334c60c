"""A real PgBouncer, configured like `deploy/pgbouncer.ini`."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests.support.servers import free_port, wait_until

EXAMPLE = Path("deploy/pgbouncer.ini")


@contextmanager
def pgbouncer(database_url: str, folder: Path) -> Iterator[str]:
    """The URL of `database_url` through it. Two connections serve all, so that they take turns."""
    server = make_url(database_url)
    config = ConfigParser(comment_prefixes=(";",))
    config.read_string(EXAMPLE.read_text())
    config["databases"] = {
        str(server.database): f"host={server.host} port={server.port} dbname={server.database}"
    }
    port = free_port()
    users = folder / "users.txt"
    users.write_text(f'"{server.username}" ""\n')
    changed = {
        "listen_port": str(port),
        "auth_type": "trust",
        "auth_file": str(users),
        "default_pool_size": "2",
        "unix_socket_dir": "",
    }
    config["pgbouncer"].update(changed)
    with (folder / "pgbouncer.ini").open("w") as file:
        config.write(file)
    for parent in (folder, *folder.parents[:3]):
        parent.chmod(parent.stat().st_mode | 0o755)
    through = server.set(port=port)
    url = through.set(drivername="postgresql").render_as_string(hide_password=False)
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("PgBouncer is missing (Debian: apt-get install pgbouncer)")
    process = subprocess.Popen(
        [program, "-q", str(folder / "pgbouncer.ini")],
        user="postgres" if os.geteuid() == 0 else None,
    )
    try:
        wait_until(lambda: _answers(url))
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, prepare_threshold=None) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True
