"""Runs at the terminal."""

from __future__ import annotations

from typing import cast

import click

from perijove.core import terminal
from perijove.core.terminal import json_option, show, table
from perijove.experiments.model import Curve, Run, RunRow
from perijove.experiments.service import Experiments

runs = click.Group("runs", help="Runs logged with MLflow: list, show, compare, draw.")


def _experiments() -> Experiments:
    return cast(Experiments, terminal.service("experiments"))


@runs.command("list")
@click.option("--filter", "words", default="", help="Words in the run's name, experiment or notebook.")
@click.option("--limit", default=50, show_default=True, help="The most runs to show.")
@json_option
def list_runs(words: str, limit: int, as_json: bool) -> None:
    """List runs, newest first.

    \b
    Example:
      perijove runs list --filter road --limit 5
    """
    page = _experiments().runs(words, limit)
    empty = "No runs match." if words else "No runs yet. Log one with mlflow in a notebook of this project."
    show(page.runs, as_json, lambda: _say_runs(page.runs, page.total) if page.runs else click.echo(empty))


def _say_runs(found: list[RunRow], total: int) -> None:
    rows = [
        (run.id[:8], run.name, run.experiment, run.state, f"{run.started_at:%Y-%m-%d %H:%M}", _brief(run.metrics))
        for run in found
    ]
    table(("run", "name", "experiment", "state", "started", "metrics"), rows)
    if total > len(found):
        click.echo(f"{len(found)} of {total} runs; --limit shows more.")


def _brief(metrics: dict[str, float | None]) -> str:
    shown = [f"{name} {_number(value)}" for name, value in list(metrics.items())[:3]]
    return ", ".join(shown) + (" …" if len(metrics) > 3 else "")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.6g}"


@runs.command("show")
@click.argument("run")
@json_option
def show_run(run: str, as_json: bool) -> None:
    """Show a run: its parameters, metrics, datasets and where it came from. The start of its id is enough.

    \b
    Example:
      perijove runs show 3f2a91c0
    """
    found = _experiments().run(_full_id(run))
    show(found, as_json, lambda: _say_run(found))


def _full_id(text: str) -> str:
    return _experiments().full_id(text.removeprefix("run:"))


def _say_run(run: Run) -> None:
    click.echo(f"{run.name} ({run.experiment}), {run.state}, by {run.user or 'unknown'}")
    click.echo(f"run:{run.id}, started {run.started_at:%Y-%m-%d %H:%M:%S}")
    if run.notebook:
        click.echo(f"from {run.notebook}, cell {run.cell or 'unknown'}, commit {run.commit[:12] or 'unknown'}")
    table(("parameter", "value"), list(run.parameters.items()))
    table(("metric", "value"), [(name, _number(value)) for name, value in run.metrics.items()], numbers=(1,))
    if run.datasets:
        table(("dataset", "used for", "ref"), [(use.name, use.context, use.ref) for use in run.datasets])


@runs.command("curve")
@click.argument("run")
@click.argument("metric")
@click.option("--points", default=500, show_default=True, help="The most points; each keeps its least and greatest.")
@json_option
def show_curve(run: str, metric: str, points: int, as_json: bool) -> None:
    """Show a metric of a run over its steps.

    \b
    Example:
      perijove runs curve 3f2a91c0 loss --points 20
    """
    found = _experiments().curve(_full_id(run), metric, points)
    show(found, as_json, lambda: _say_curve(found))


def _say_curve(curve: Curve) -> None:
    columns = zip(curve.steps, curve.values, curve.min, curve.max, strict=True)
    rows = [(step, _number(value), _number(least), _number(greatest)) for step, value, least, greatest in columns]
    table(("step", "value", "min", "max"), rows, numbers=(0, 1, 2, 3))
    click.echo(f"{curve.points} values logged")


@runs.command("compare")
@click.argument("ids", nargs=-1, required=True, metavar="RUN...")
@json_option
def compare(ids: tuple[str, ...], as_json: bool) -> None:
    """Put runs side by side: the parameters that differ, and all metrics.

    \b
    Example:
      perijove runs compare 3f2a91c0 8b41d7e2
    """
    found = [_experiments().run(_full_id(one)) for one in ids]
    show(found, as_json, lambda: _say_comparison(found))


def _say_comparison(found: list[Run]) -> None:
    heads = ("", *(run.name for run in found))
    rows: list[tuple[str, ...]] = []
    for name in dict.fromkeys(name for run in found for name in run.parameters):
        values = [run.parameters.get(name, "–") for run in found]
        if len(set(values)) > 1 or len(found) == 1:
            rows.append((name, *values))
    for name in dict.fromkeys(name for run in found for name in run.metrics):
        rows.append((name, *(_number(run.metrics.get(name)) for run in found)))
    table(heads, rows, numbers=tuple(range(1, len(heads))))
