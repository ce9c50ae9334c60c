"""An installed version of the product that can be replaced in place, as an upgrade does."""

import subprocess
from pathlib import Path

from webhooks_app.lib.folders import PACKAGE

ROOT = PACKAGE.parent


class Installed:
    """`path` leads to one of the versions; processes that start later run that one."""

    def __init__(self, folder: Path, version: Path = ROOT) -> None:
        self.path = folder / "installed"
        self.path.symlink_to(version)

    def replace(self, version: Path) -> None:
        newer = self.path.with_suffix(".new")
        newer.symlink_to(version)
        newer.rename(self.path)


def before_the_last_migration(folder: Path) -> Path:
    """The commit before the newest migration was added, checked out in `folder`."""
    versions = sorted((PACKAGE / "migrations" / "versions").glob("*.py"))
    newest = versions[-1].relative_to(ROOT)
    # By its name alone: its number may have changed since.
    anywhere = str(newest.with_name(f"*_{newest.name.partition('_')[2]}"))
    added = _git("log", "--diff-filter=A", "--format=%H", "--", anywhere).split()[-1]
    folder.mkdir()
    archive = subprocess.run(
        ["git", "-C", str(ROOT), "archive", f"{added}~1"], capture_output=True, check=True
    )
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    assert not (folder / newest).exists()
    return folder


def _git(*words: str) -> str:
    ended = subprocess.run(
        ["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True
    )
    return ended.stdout.strip()
