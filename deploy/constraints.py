"""`make constraints`: from pip's report of what it would install, a line for each package."""

import json
import sys

HEAD = "# The versions that .ci/run tests with. Made by `make constraints`."


def main() -> None:
    lines = {
        f"{package['metadata']['name'].lower()}=={package['metadata']['version']}"
        for package in json.load(sys.stdin)["install"]
        if not package["is_direct"]
    }
    sys.stdout.write("\n".join([HEAD, *sorted(lines), ""]))


if __name__ == "__main__":
    main()
