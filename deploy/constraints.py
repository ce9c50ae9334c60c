"""`make constraints`: from pip's report of what it would install, a line for each package."""

import json
import re
import sys

HEAD = "# The versions that .ci/run tests with. Made by `make constraints`."


def main() -> None:
    packages = [one for one in json.load(sys.stdin)["install"] if not one["is_direct"]]
    sys.stdout.write("\n".join([HEAD, *sorted({line(one["metadata"]) for one in packages}), ""]))


def line(metadata: dict[str, str]) -> str:
    """With the name in one form, however its author wrote it."""
    name = re.sub(r"[-_.]+", "-", metadata["name"]).lower()
    return f"{name}=={metadata['version']}"


if __name__ == "__main__":
    main()
