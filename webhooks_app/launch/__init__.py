"""`python app.py`: the whole product on one machine, without any configuration."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import click

from webhooks_app.launch import children
from webhooks_app.launch.banner import banner
from webhooks_app.launch.metrics import share_metrics
from webhooks_app.launch.place import data_folder, empty_folder
from webhooks_app.launch.plan import StartPlan, prepare
from webhooks_app.launch.supervisor import Supervisor
from webhooks_app.lib.starting import CannotStart, exiting_in_one_line

REDIS_PATIENCE = 30.0
WEB_PATIENCE = 60.0


def main() -> int:
    """Run until SIGINT, SIGTERM or SIGHUP; the exit status."""
    try:
        with exiting_in_one_line(), ExitStack() as stack:
            folder = Path(os.environ.get("DATA_DIR") or "instance").resolve()
            stack.enter_context(data_folder(folder))
            _serve(stack, prepare(stack, folder))
    except KeyboardInterrupt:
        return 130
    return 0


def _serve(stack: ExitStack, plan: StartPlan) -> None:
    settings = plan.settings
    metrics = empty_folder(settings.data_dir / "metrics")
    share_metrics(metrics)
    # Not before: they import prometheus_client.
    from webhooks_app.launch.workers import group
    from webhooks_app.lib.metrics import forget_dead_processes

    environ = children.environ(settings, metrics)
    children.allow_many_files()
    supervisor = Supervisor(settings.grace, partial(forget_dead_processes, metrics))
    stack.enter_context(supervisor)
    if plan.redis is not None:
        supervisor.start(plan.redis.child(environ))
        if not _wait(supervisor, "Redis", plan.redis.answers, REDIS_PATIENCE):
            return
    # Workers start after the web server and stop before it: they deliver to its receiver.
    supervisor.start(children.web(settings, plan.site.address, environ))
    workers = group(settings, settings.workers, environ)
    if _wait(supervisor, "the web server", plan.site.answers, WEB_PATIENCE):
        supervisor.start(*workers)
        supervisor.ready()
        click.echo(banner(plan))
        supervisor.watch()


def _wait(supervisor: Supervisor, what: str, answers: Callable[[], bool], seconds: float) -> bool:
    """Wait for it; False if asked to stop in the meantime."""
    if supervisor.watch(until=answers, seconds=seconds):
        return True
    if supervisor.asked_to_stop:
        supervisor.give_up()
        return False
    raise CannotStart(f"{what} did not respond within {seconds:.0f} seconds; see above")
