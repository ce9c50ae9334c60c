.PHONY: check test format screenshots

check:
	ruff check .
	ruff format --check .
	mypy
	lint-imports

test:
	pytest

format:
	ruff check --fix .
	ruff format .

screenshots:
	python -m tests.browser.screenshots
