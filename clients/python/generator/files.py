"""The generated modules by name."""

from collections.abc import Mapping
from pathlib import Path

from clients.python.generator.layout import formatted
from clients.python.generator.models import inputs, models
from clients.python.generator.resources import resources

FOLDER = Path(__file__).parents[1] / "src/hookline"


def files() -> Mapping[str, str]:
    made = {
        "models.py": models(),
        "inputs.py": inputs(),
        "resources.py": resources(asynchronous=False),
        "async_resources.py": resources(asynchronous=True),
    }
    return {name: formatted(text) for name, text in made.items()}
