"""``perijove job serve``, ``portable`` and ``monitor``: answers with a job's model, and what comes of them."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click
import msgspec

from perijove.core.errors import Invalid
from perijove.core.terminal import json_option, me, run_task, service, show, table
from perijove.jobs import serve
from perijove.jobs.model import Labels, Monitor, Parity
from perijove.jobs.package import read_manifest
from perijove.jobs.service import Jobs
from perijove.jobs.verify import Silent

FORMS = ("python", "onnx", "treelite")


def _jobs() -> Jobs:
    return cast(Jobs, service("jobs"))


@click.command("serve")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--batch", type=click.Path(path_type=Path), help="Score this Parquet or CSV file, and end.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("predictions.parquet"), help="For --batch.")
@click.option("--model", default="", help="Which of the job's models; the first that predicts by default.")
@click.option("--form", type=click.Choice(FORMS), default="python", show_default=True, help="Which form of it.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port to listen on; 0 for a free one.")
@json_option
def serve_job(
    folder: Path, batch: Path | None, out: Path, model: str, form: str, host: str, port: int, as_json: bool
) -> None:
    """Answer with the model of a job's last run, over HTTP or for a file.

    \b
    Example:
      perijove job serve jobs/evaluate --port 8000
      perijove job serve jobs/evaluate --batch new.parquet --out scored.parquet
    """
    verb = ["serve", "--outputs", serve.OUTPUTS, f"--model={model}", f"--form={form}"]
    if batch is None:
        verb += [f"--host={host}", f"--port={port}"]
    else:
        verb += [f"--batch={batch.resolve()}", f"--out={out.resolve()}"]
    verb += ["--json"] if as_json else []
    environments = _jobs().project.state / "environments"
    teller = Silent() if as_json else Spoken()
    serve.become(serve.prepared(folder, verb, environments, teller, portable=form != "python"))


class Spoken(Silent):
    """Says on the error stream what is being done."""

    def step(self, share: float | None, message: str) -> None:
        """Say it."""
        click.echo(f"{message}…", err=True)


@click.command("portable")
@click.argument("folder", type=click.Path(path_type=Path))
@json_option
def portable(folder: Path, as_json: bool) -> None:
    """Run a job and turn its model into ONNX and treelite, each compared with the model on the same rows.

    \b
    Example:
      perijove job portable jobs/evaluate
    """
    jobs, place = _jobs(), folder.resolve()
    name = str(read_manifest(folder)["name"])
    started = service("tasks").start(
        "jobs.portable", f"Convert the model of {name}", lambda on: jobs.portable(place, on), me(), f"job:{name}"
    )
    found = msgspec.convert(run_task(service("tasks"), started, quiet=as_json).result, list[Parity])
    show(found, as_json, lambda: _print_parity(found))


def _print_parity(found: list[Parity]) -> None:
    rows = [
        (one.model, one.form, "agrees" if one.agrees else "no", one.max_difference, one.label_flips, one.rows)
        for one in found
    ]
    table(("model", "form", "", "largest difference", "labels flipped", "rows"), rows)
    for one in found:
        if one.detail:
            click.echo(f"! {one.model} as {one.form}: {one.detail}")


@click.command("monitor")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--labels", type=click.Path(path_type=Path), help="True answers for the last scored file.")
@click.option("--label-column", default="", help="Their column, where the file has several.")
@click.option("--key", default="", help="A column that the labels and the scored file share; else by order.")
@click.option("--accept", is_flag=True, help="Take what is now for normal: written to reference.json of the job.")
@click.option("--outputs", default="outputs", show_default=True, help="The folder of the runs, seen from the job.")
@json_option
def monitor(
    folder: Path, labels: Path | None, label_column: str, key: str, accept: bool, outputs: str, as_json: bool
) -> None:
    """How a job does: drift of inputs and predictions, breaches of the contract, metrics, history; sends alerts.

    Exits with 1 where the job drifts.

    \b
    Example:
      perijove job monitor jobs/evaluate
      perijove job monitor jobs/evaluate --labels truth.parquet --key id
    """
    if labels is None and (label_column or key):
        raise Invalid("There are no labels.", hint="Name their file with --labels.")
    given = Labels(str(labels.resolve()), label_column, key) if labels else None
    found = _jobs().monitor(folder, me(), given, accept, outputs)
    show(found, as_json, lambda: _print_monitor(found))
    if found.state == "drifting":
        raise SystemExit(1)


def _print_monitor(found: Monitor) -> None:
    rows = [(one.place, one.column, one.psi, one.ks, one.reason or "steady") for one in found.columns]
    table(("place", "column", "PSI", "KS", ""), rows)
    for text in found.breaches:
        click.echo(f"! {text}")
    if found.metrics:
        click.echo()
        judged = [(one.name, one.baseline, one.value, "worse" if one.drifting else "holds") for one in found.metrics]
        table(("metric", "baseline", "now", ""), judged)
    click.echo()
    past = [
        (f"{one.at:%Y-%m-%d %H:%M}", one.source, one.rows, one.worst_psi, "drifting" if one.drifting else "")
        for one in found.history[-10:]
    ]
    table(("profile of", "source", "rows", "worst PSI", ""), past)
    click.echo(f"\n{found.name}: {found.state}" + (f". {found.alert.detail}" if found.alert.detail else ""))
    if found.state == "unknown":
        click.echo("There is no profile yet: run the job, or score a file.")
