"""Watches a job: compares the profiles that its runs and its scoring leave with those of its training.

Vocabulary
  profile    what one run read and answered, column by column: a file of ``outputs/profiles``
  reference  what a profile is compared with: for a run, the inputs at the export and the first run's predictions; for
             scoring, what the model was shown in its training; or what was accepted as normal, ``reference.json``
  history    each profile with its judgement, made once and kept in ``outputs/monitor.json``
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from perijove.core.errors import Invalid
from perijove.jobs import alerts, decay, drift
from perijove.jobs.model import Alert, ColumnDrift, DriftLimits, Labels, MetricDecay, Monitor, Watched
from perijove.jobs.package import read_manifest

MOST_BYTES = 50_000_000
KEPT = 500
Profile = dict[str, Any]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[monitor]`` of a job's config.toml; ``baseline`` are metrics that labels are compared with."""

    psi: float = 0.2
    ks: float = 0.15
    metric_decay: float = 0.05
    webhook: str = "JOB_ALERT_WEBHOOK"
    baseline: dict[str, float] = {}


class Judgement(msgspec.Struct, frozen=True):
    """What one profile says: its columns, and the breaches that the run saw."""

    columns: list[ColumnDrift]
    breaches: list[str]


class Watch:
    """The monitor of one job. ``outputs`` is where its runs write, seen from its folder."""

    def __init__(self, folder: Path, outputs: str = "outputs", send: alerts.Post = alerts.post) -> None:
        self.folder = folder.resolve()
        self.outputs = (self.folder / outputs).resolve()
        self.name = str(read_manifest(folder)["name"])
        self.settings = _settings(self.folder / "src" / self.name / "config.toml")
        self.send = send
        self.kept = _read(self.outputs / "monitor.json")
        self.history: dict[str, Watched] = _history(self.kept)

    def look(self, labels: Labels | None = None, accept: bool = False, keep: bool = True) -> Monitor:
        """Judge what is new, take in labels, send alerts, and say how the job does.

        Without ``keep`` nothing is written or sent: what waits, waits on.
        """
        profiles = self._profiles()
        if accept:
            self._judge_new(profiles)  # by what was normal until now
            self._accept(profiles)
        judged = self._judge_new(profiles)
        found = [judged[mark] for mark in self._now(profiles)]
        metrics = self._labelled(profiles, labels) if labels else self._last_metrics()
        columns = [one for judgement in found for one in judgement.columns]
        drifting = any(one.drifting for one in columns) or any(one.drifting for one in metrics)
        told, waiting = self._waiting(profiles, judged, metrics if labels else [])
        alert = self._alert(told, waiting) if keep else alerts.pending(waiting, self.settings.webhook)
        history = sorted(self.history.values(), key=lambda one: one.id)
        state: Literal["drifting", "steady", "unknown"] = "steady" if columns or metrics else "unknown"
        state = "drifting" if drifting else state
        breaches = [text for judgement in found for text in judgement.breaches]
        limits = DriftLimits(self.settings.psi, self.settings.ks, self.settings.metric_decay)
        hook = alerts.webhook(self.settings.webhook)
        return Monitor(self.name, state, columns, breaches, metrics, history, alert, limits, hook)

    # -- profiles

    def _profiles(self) -> dict[str, Profile]:
        """The profiles there are, by their name, which begins with their time."""
        found = {path.stem: _read(path) for path in sorted((self.outputs / "profiles").glob("2*.json"))}
        return {mark: one for mark, one in found.items() if one.get("format") == 1 and "source" in one}

    def _now(self, profiles: Mapping[str, Profile]) -> list[str]:
        """The newest run, and the newest scoring if it came later: a run makes a new model."""
        runs = [mark for mark, one in profiles.items() if one["source"] == "run"]
        scored = [mark for mark, one in profiles.items() if one["source"] != "run"]
        return [*runs[-1:], *(mark for mark in scored[-1:] if not runs or mark > runs[-1])]

    def _reference(self, profile: Profile, profiles: Mapping[str, Profile]) -> dict[str, dict[str, Any]]:
        """What a profile is compared with, by place; empty where there is nothing."""
        accepted = _read(self.folder / "reference.json")
        if profile["source"] == "run":
            if accepted.get("run"):
                return dict(accepted["run"])
            first = next((one for one in profiles.values() if one["source"] == "run"), {})
            exported = _read(self.folder / "src" / self.name / "reference.json").get("inputs", {})
            return {**exported, "predictions": first.get("predictions", {})}
        taken = accepted.get("scoring", {})
        if taken and taken.get("sha256") == profile.get("sha256"):
            return {"features": taken["features"], "predictions": taken["predictions"]}
        for one in _read(self.outputs / "models" / "models.json").get("models", []):
            if one.get("sha256") == profile.get("sha256") and "features" in one:
                return {"features": one["features"], "predictions": one["predictions"]}
        return {}

    def _accept(self, profiles: Mapping[str, Profile]) -> None:
        """Take what is now for normal from now on."""
        now = self._now(profiles)
        if not now:
            raise Invalid("There is no profile to accept.", hint=f"Run the job: `perijove job run {self.folder}`.")
        found = _read(self.folder / "reference.json")
        for mark in now:
            one = profiles[mark]
            if one["source"] == "run":
                found["run"] = {**one.get("inputs", {}), "predictions": one.get("predictions", {})}
            else:
                found["scoring"] = {key: one.get(key, {}) for key in ("features", "predictions", "sha256")}
        _write(self.folder / "reference.json", found)
        self.kept["accepted"] = [*self.kept.get("accepted", []), *(mark for mark in now if mark in self.history)]
        self.kept["waiting"] = self._left(dict(self.kept.get("waiting", {})))

    def _left(self, waiting: dict[str, Any]) -> dict[str, Any]:
        """What is still to be said once somebody accepted what is now: breaches and labels, and no drift."""
        left = {}
        for mark, message in waiting.items():
            if mark.endswith("-labels"):
                left[mark] = message
            elif message.get("breaches"):
                left[mark] = self._message(mark, [], int(message["breaches"]))
        return left

    # -- judging

    def _judge_new(self, profiles: Mapping[str, Profile]) -> dict[str, Judgement]:
        """Judge what was not judged yet, and once more what counts now."""
        now = self._now(profiles)
        return {mark: self._judged(mark, profiles) for mark in profiles if mark not in self.history or mark in now}

    def _judged(self, mark: str, profiles: Mapping[str, Profile]) -> Judgement:
        """Judge one profile and put it into the history, which goes on to tell how far an accepted one was."""
        profile = profiles[mark]
        reference = self._reference(profile, profiles)
        places = {**profile.get("inputs", {}), "predictions": profile.get("predictions", {})}
        if profile["source"] != "run":
            places["features"] = profile.get("features", {})
        columns = [
            self._column(str(profile["source"]), place, name, reference[place][name], now[name])
            for place, now in sorted(places.items())
            for name in now
            if name in reference.get(place, {})
        ]
        breaches = [str(one) for one in profile.get("breaches", [])]
        was = self.history.get(mark)
        if was is not None and mark in self.kept.get("accepted", []):
            return Judgement(columns, breaches)
        self.history[mark] = Watched(
            id=mark,
            at=datetime.fromisoformat(profile["at"]),
            source=str(profile["source"]),
            rows=int(profile.get("rows", 0)) or _rows(places),
            drifting=any(one.drifting for one in columns),
            worst_psi=max((one.psi for one in columns if one.psi is not None), default=None),
            worst_ks=max((one.ks for one in columns if one.ks is not None), default=None),
            columns=[f"{one.place}.{one.column}" for one in columns if one.drifting],
            breaches=len(breaches),
            metrics=was.metrics if was else {},
        )
        return Judgement(columns, breaches)

    def _column(
        self, source: str, place: str, name: str, was: Mapping[str, Any], now: Mapping[str, Any]
    ) -> ColumnDrift:
        index, distance = drift.psi(was, now), drift.ks(was, now)
        chance = drift.psi_by_chance(was, now) if index is not None else 0.0
        limit = max(self.settings.psi, chance)
        reasons = []
        if index is not None and index > limit:
            reasons.append(f"its population stability index is {index:.3f}, over {limit:.3f}")
        if distance is not None and distance > self.settings.ks and drift.ks_by_chance(distance, was, now) < 0.001:
            reasons.append(f"its distribution is {distance:.3f} away, over {self.settings.ks:g}")
        if "values" in was and "distinct" in now:
            reasons.append(f"it has {now['distinct']} values, it had {len(was['values'])}")
        if "empty" in (kinds := {was.get("kind"), now.get("kind")}) and len(kinds) == 2:
            reasons.append("it is empty now" if now.get("kind") == "empty" else "it is no longer empty")
        rounded = [None if one is None else round(one, 4) for one in (index, distance)]
        told = "; ".join(reasons)
        return ColumnDrift(place, name, rounded[0], rounded[1], round(limit, 4), bool(reasons), told, source)

    # -- labels

    def _labelled(self, profiles: Mapping[str, Profile], labels: Labels) -> list[MetricDecay]:
        """The metrics of the last scored file, put into the history."""
        scored = [mark for mark, one in profiles.items() if one.get("output")]
        if not scored:
            raise Invalid("Nothing was scored yet.", hint="Score a file first: `perijove job serve DIR --batch FILE`.")
        mark = scored[-1]
        found, rows = decay.metrics(Path(str(profiles[mark]["output"])), labels)
        self.history[mark] = msgspec.structs.replace(self.history[mark], metrics=found)
        self.kept["labelled"] = {"id": mark, "rows": rows}
        return self._last_metrics()

    def _last_metrics(self) -> list[MetricDecay]:
        last = self.kept.get("labelled", {})
        if last.get("id") not in self.history:
            return []
        known = [one.metrics for one in sorted(self.history.values(), key=lambda one: one.id) if one.metrics]
        baseline = {**(known[0] if known else {}), **self.settings.baseline}
        now = self.history[last["id"]].metrics
        return decay.judged(now, baseline, int(last["rows"]), self.settings.metric_decay)

    # -- alerts

    def _waiting(
        self, profiles: Mapping[str, Profile], judged: Mapping[str, Judgement], metrics: list[MetricDecay]
    ) -> tuple[list[str], dict[str, Any]]:
        """What was told, with what is new and bad, and the messages that are to be sent."""
        told: list[str] = list(self.kept.get("told", []))
        waiting = dict(self.kept.get("waiting", {}))
        for mark, judgement in judged.items():
            breaches = judgement.breaches if profiles[mark]["source"] == "run" else []
            drifted = [] if mark in self.kept.get("accepted", []) else self.history[mark].columns
            if mark not in told and (drifted or breaches):
                waiting[mark] = self._message(mark, drifted, len(breaches))
                told.append(mark)
        worse = [one.name for one in metrics if one.drifting]
        labelled = f"{self.kept.get('labelled', {}).get('id', '')}-labels"
        if worse and labelled not in told:
            waiting[labelled] = self._message(labelled, [f"metrics.{name}" for name in worse], 0)
            told.append(labelled)
        return told, waiting

    def _alert(self, told: list[str], waiting: dict[str, Any]) -> Alert:
        """Send what waits; then keep all that is known."""
        alert, left = alerts.deliver(waiting, self.settings.webhook, self.send)
        history = dict(sorted(self.history.items())[-KEPT:])
        told = [one for one in told if one.removesuffix("-labels") in history]
        if history:
            accepted = [one for one in self.kept.get("accepted", []) if one in history]
            known = {**self.kept, "told": told, "waiting": left, "accepted": accepted}
            _write(self.outputs / "monitor.json", {**known, "history": msgspec.to_builtins(history)})
        return alert

    def _message(self, mark: str, columns: list[str], breaches: int) -> dict[str, Any]:
        parts = [f"{', '.join(columns[:5])}{' and others' if len(columns) > 5 else ''} drifted"] if columns else []
        parts += [f"the inputs break the contract {breaches} times"] if breaches else []
        text = f"The job {self.name}: {' and '.join(parts)}."
        now = datetime.now(UTC).isoformat()
        return {"job": self.name, "profile": mark, "at": now, "columns": columns, "breaches": breaches, "text": text}


def _rows(places: Mapping[str, Mapping[str, Any]]) -> int:
    return max((int(one.get("rows", 0)) for columns in places.values() for one in columns.values()), default=0)


def _settings(path: Path) -> Settings:
    try:
        found = tomllib.loads(path.read_text("utf-8")).get("monitor", {})
        return msgspec.convert(found, Settings)
    except (OSError, ValueError) as error:
        raise Invalid(
            f"[monitor] of {path} cannot be read: {error}.", hint="See docs/jobs.md for what it holds."
        ) from error


def _history(kept: Mapping[str, Any]) -> dict[str, Watched]:
    try:
        return msgspec.convert(kept.get("history", {}), dict[str, Watched])
    except msgspec.ValidationError:
        return {}  # written by another version: it is made again from the profiles


def _read(path: Path) -> dict[str, Any]:
    """A JSON object of a file; empty where there is none, or where it is cut off."""
    try:
        if path.stat().st_size > MOST_BYTES:
            return {}
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path, value: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_name(f".{path.name}.{os.getpid()}")
    making.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n", "utf-8")
    making.replace(path)


def monitor(
    folder: Path, labels: Labels | None = None, accept: bool = False, outputs: str = "outputs", *, keep: bool = True
) -> Monitor:
    """How a job does; raises Invalid where the folder is none or the labels do not fit."""
    return Watch(folder, outputs).look(labels, accept, keep)
