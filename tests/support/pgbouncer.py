"""A real PgBouncer, configured like `deploy/pgbouncer.ini`."""

import os
import re
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
THERE = "host=127.0.0.1 port=5432 dbname=hookline"


@contextmanager
def pgbouncer(database_url: str, folder: Path) -> Iterator[str]:
    """The URL of `database_url` through it. Two connections serve all, so that they take turns.

    With `_web` at its end it is the URL for web servers.
    """
    server = make_url(database_url)
    config = ConfigParser(comment_prefixes=(";",))
    config.read_string(EXAMPLE.read_text())
    here = f"host={server.host} port={server.port} dbname={server.database}"
    config["databases"] = {
        name.replace("hookline", str(server.database), 1): leads_to.replace(THERE, here)
        for name, leads_to in config["databases"].items()
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


@contextmanager
def role_with_settings(database_url: str) -> Iterator[None]:
    """What the example says about the role, in that database only: others use the server too."""
    server = make_url(database_url)
    here = f'ALTER ROLE "{server.username}" IN DATABASE "{server.database}" '
    said = re.findall(r"^; +ALTER ROLE hookline (SET .+);$", EXAMPLE.read_text(), re.MULTILINE)
    with psycopg.connect(database_url, autocommit=True) as connection:
        for setting in said:
            connection.execute((here + setting).encode())
        try:
            yield
        finally:
            connection.execute(f"{here} RESET ALL".encode())


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, prepare_threshold=None) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True
