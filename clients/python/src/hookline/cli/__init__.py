"""The command line `hookline`.

`main` is the command; `state` holds what all commands share, `output` what they print. A command or
a few that belong together are a module; `listen` is a package.
"""

import sys


def main() -> None:
    """The script `hookline`."""
    try:
        from hookline.cli.commands import hookline
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("click", "rich", "yaml"):
            raise
        sys.exit('The command line needs more packages. Run: pip install "hookline[cli]"')
    hookline(prog_name="hookline")
