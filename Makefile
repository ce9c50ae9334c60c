.PHONY: check test quick drills image newest constraints format profile screenshots pictures openapi client packages

check:
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	cd clients/python/src && lint-imports ../importlinter.ini
	tsc -p clients/typescript/receive --noEmit
	tsc -p clients/typescript/client --noEmit

test:
	pytest

# What runs at each commit, in under a minute.
quick:
	pytest -q -m quick

# About half an hour: Redis is away for minutes, and each property has thousands of examples.
drills:
	DRILL=1 pytest -n0 --timeout=3600 -m processes tests/journeys tests/drills
	DRILL=1 pytest --timeout=3600 -m quick
	DRILL=1 pytest -n0 tests/fuzz

# About five minutes, as root: the container image from Debian's packages, started once. For each night.
image:
	deploy/build-image

# The tests with the newest versions that pyproject.toml allows.
newest:
	python3 -m venv --clear build/newest
	env -u PIP_CONSTRAINT build/newest/bin/pip install -q -e ".[test]"
	. build/newest/bin/activate && pytest

constraints:
	mkdir -p build
	env -u PIP_CONSTRAINT pip install -q --dry-run --ignore-installed --report - -e ".[test]" \
	  | python deploy/constraints.py > build/constraints.txt
	mv build/constraints.txt deploy/constraints.txt

format:
	ruff check --fix .
	ruff format .

# Where the time of a delivery goes, by process: see docs/benchmarks.md.
profile:
	python -m bench profile

# Every page at two widths, light and dark, into build/screenshots.
screenshots:
	python -m tests.browser.screenshots

# Those that the documents show, renewed (Debian: apt-get install optipng webp).
pictures: screenshots
	for picture in docs/screenshots/*.png; do \
	  cp build/screenshots/$${picture##*/} $$picture; done
	optipng -quiet -o5 docs/screenshots/*.png
	python -m tests.browser.first_delivery

# The API's document, as the code says it: a test compares the two.
openapi:
	python -m tests.support.documented
	$(MAKE) client

# What the clients have of that document; tests compare these too.
client:
	python -m clients.python.generator
	python -m clients.typescript.generate

# Both wheels and both npm tarballs of the last commit: see CONTRIBUTING.md. It publishes nothing.
packages:
	deploy/build-packages
