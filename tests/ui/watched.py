"""A job with weeks of runs, scorings and labels: ``python -m tests.ui.watched PROJECT VERB``.

``written`` makes it, ``usual`` adds weeks without a surprise, ``shifted`` a run and a scoring of other people,
``known`` a scoring and the truth about it, ``broken`` a run whose input broke the contract, ``gone`` takes it away.
"""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.jobs.watching import load_profiles

NAME = "loan_scoring"
SHA = "5e884898da28047151d0e56f8dc62927"


class Story:
    """The job in its folder, and the profiles that its runs and scorings leave."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.folder = project / "jobs" / NAME
        self.profiles = load_profiles()

    def written(self) -> None:
        source = self.folder / "src" / NAME
        source.mkdir(parents=True)
        (self.folder / ".perijove-job.json").write_text(json.dumps({"name": NAME, "files": {}, "python": "3.11.7"}))
        (source / "config.toml").write_text("[parameters]\n[monitor]\nbaseline = {accuracy = 0.93}\n")
        (source / "reference.json").write_text(json.dumps({"inputs": {"loans.parquet": self.columns(1)}}))
        models = self.folder / "outputs" / "models"
        models.mkdir(parents=True)
        listed = {"name": "model", "sha256": SHA, "features": self.columns(2), "predictions": self.answers(2)}
        (models / "models.json").write_text(json.dumps({"models": [listed]}))
        self.list_it(True)

    def usual(self) -> None:
        for week in range(10):
            if week % 4 == 0:
                self.ran(10 + week, days=70 - 7 * week)
            self.scored(30 + week, days=67 - 7 * week, labels=week in (1, 3, 6, 9))

    def shifted(self) -> None:
        self.ran(50, days=1, shift=0.9)
        self.scored(51, days=0.2, shift=0.9)

    def known(self) -> None:
        """A file was scored, and then the truth about it came, beside a column of notes."""
        self.scored(70, shift=0.9)
        self.labelled(70, self.folder / "outputs" / "scored-70.parquet", taken=False)

    def broken(self) -> None:
        told = ["loans.parquet has no column 'term'.", "loans.parquet: 3 % of 'income' are empty."]
        self.ran(60, shift=0.9, breaches=told)

    def columns(self, seed: int, shift: float = 0.0) -> dict[str, Any]:
        made = random.Random(seed)
        towns = made.choices(["Bern", "Graz", "Linz", "Ulm"], [4, 3 + 9 * shift, 2, 1], k=1500)
        columns = {
            "amount": [round(made.lognormvariate(9.2 + shift, 0.5)) for _ in range(1500)],
            "income": [round(made.gauss(52_000 + 3_000 * shift, 14_000)) for _ in range(1500)],
            "age": [made.randint(19, 74) for _ in range(1500)],
            "town": towns,
        }
        return {name: self.profiles.summary(values) for name, values in columns.items()}

    def answers(self, seed: int) -> dict[str, Any]:
        made = random.Random(seed)
        return {"prediction": self.profiles.summary([int(made.random() < 0.2) for _ in range(1500)])}

    def ran(self, seed: int, days: float = 0, shift: float = 0.0, breaches: list[str] | None = None) -> None:
        read, answered = {"loans.parquet": self.columns(seed, shift)}, self.answers(seed)
        self.write(days, "run", inputs=read, predictions=answered, breaches=breaches or [])

    def scored(self, seed: int, days: float = 0, shift: float = 0.0, labels: bool = False) -> None:
        found = {"features": self.columns(seed, shift), "predictions": self.answers(seed), "sha256": SHA}
        output = self.folder / "outputs" / f"scored-{seed}.parquet"
        self.write(days, "batch", rows=1500, output=str(output), **found)
        if labels:
            self.labelled(seed, output)

    def write(self, days: float, source: str, **found: Any) -> None:
        """Record a profile as if it were some days old."""
        kept = self.profiles.record(self.folder / "outputs", source, **found)
        at = datetime.now(UTC) - timedelta(days)
        known = json.loads(kept.read_text())
        kept.unlink()
        kept.with_name(f"{at:%Y%m%dT%H%M%S%fZ}-{source}.json").write_text(json.dumps({**known, "at": at.isoformat()}))

    def labelled(self, seed: int, output: Path, taken: bool = True) -> None:
        """The true answers for a scored file: about one in fourteen was wrong. Taken in, or left to be, with notes."""
        from pyarrow import Table, parquet

        from perijove.jobs.model import Labels
        from perijove.jobs.monitor import monitor

        made = random.Random(seed)
        truth = [int(made.random() < 0.2) for _ in range(400)]
        chances = [min(1, max(0, (0.72 if one else 0.28) + made.gauss(0, 0.15))) for one in truth]
        columns = {"prediction": [int(one > 0.5) for one in chances], "probability_0": [1 - one for one in chances]}
        parquet.write_table(Table.from_pydict({**columns, "probability_1": chances}), output)
        place = output.with_suffix(".truth.csv")
        with place.open("w", newline="") as file:
            csv.writer(file).writerows([["bad"], *([one] for one in truth)] if taken else self.noted(truth))
        if taken:
            monitor(self.folder, Labels(str(place)))

    @staticmethod
    def noted(truth: list[int]) -> list[list[Any]]:
        return [["bad", "note"], *([one, "paid late"] for one in truth)]

    def list_it(self, there: bool) -> None:
        """Put the job among those of the project, or take it from there."""
        from sqlalchemy import delete

        from perijove.core.project import Project
        from perijove.jobs.model import Job
        from perijove.jobs.store import jobs
        from perijove.wiring import Perijove

        os.environ.setdefault("PERIJOVE_HOME", str(self.project / ".perijove"))
        wired = Perijove(Project.find(self.project), door="cli")
        now = datetime.now(UTC)
        try:
            if there:
                job = Job(NAME, str(self.folder), "new", "orders/orders.ipynb", [], [], "", [], now, None)
                wired.jobs.store.put(job)
            else:
                with wired.database.begin() as connection:
                    connection.execute(delete(jobs).where(jobs.c.name == NAME))
        finally:
            wired.close()

    def gone(self) -> None:
        self.list_it(False)
        shutil.rmtree(self.folder)


if __name__ == "__main__":
    getattr(Story(Path(sys.argv[1])), sys.argv[2])()
