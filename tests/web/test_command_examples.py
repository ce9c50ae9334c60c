"""The reference shows a command only where `hookline` has it, and wherever it has."""

import shlex

import click
import pytest

from hookline.cli.commands import hookline
from webhooks_app.web.command_examples import OF_RESOURCES, OWN_NAMES
from webhooks_app.web.reference import OPERATIONS

pytestmark = pytest.mark.quick


def test_each_command_of_an_object_is_shown_at_its_operation() -> None:
    for resource, methods in OF_RESOURCES.items():
        group = hookline.commands[OWN_NAMES.get(resource, resource).replace("_", "-")]
        assert isinstance(group, click.Group)
        assert {name.replace("-", "_") for name in group.commands} == set(methods), resource


def test_the_examples_name_commands_that_exist() -> None:
    shown = [one.command_example for one in OPERATIONS.values() if one.command_example]
    assert len(shown) > 40
    for code in shown:
        words = shlex.split(code.partition(" <<")[0])[1:]
        command = hookline.commands[words[0]]
        if isinstance(command, click.Group):
            assert words[1] in command.commands, code
