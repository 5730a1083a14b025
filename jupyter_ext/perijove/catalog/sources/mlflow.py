"""The datasets that MLflow runs were given: name, digest, schema, and the data itself where its place is known.

They are read from the tracking database in one statement, without MLflow. Each digest of a name is a version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from perijove.catalog import profile as profiles
from perijove.catalog.model import Column, Level, Preview, Profile, Reading, Version, Window
from perijove.catalog.places import file_uri, hide
from perijove.catalog.readers import Reader
from perijove.catalog.sources import formats
from perijove.catalog.sources.spots import spot
from perijove.catalog.sources.sql import SqlSource
from perijove.core.errors import Invalid, NotFound

PREFIX = "mlflow+"
QUERY = """
SELECT d.name, d.digest, d.dataset_source_type AS kind, d.dataset_source AS source, d.dataset_schema AS shape,
  d.dataset_profile AS profile, e.name AS experiment, max(r.start_time) AS at, count(r.run_uuid) AS runs
FROM datasets d JOIN experiments e ON e.experiment_id = d.experiment_id
LEFT JOIN inputs i ON i.source_id = d.dataset_uuid AND i.source_type = 'DATASET' AND i.destination_type = 'RUN'
LEFT JOIN runs r ON r.run_uuid = i.destination_id
GROUP BY d.dataset_uuid, d.name, d.digest, d.dataset_source_type, d.dataset_source, d.dataset_schema,
  d.dataset_profile, e.name
ORDER BY d.name, max(r.start_time) DESC"""


class MlflowSource:
    """Datasets of the runs in an MLflow tracking database."""

    label: ClassVar[str] = "MLflow datasets"

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        """``uri`` is ``mlflow+`` and the URL of the tracking database, its password as ``${NAME}``."""

        uri: str

    def __init__(self, config: Config) -> None:
        self.uri = config.uri
        url = config.uri.removeprefix(PREFIX)
        if url.startswith(("http://", "https://")):
            raise Invalid(
                "Datasets are read from MLflow's database, not from its server.",
                hint="Write mlflow+ and the database's URL, for instance mlflow+sqlite:///mlflow.db.",
            )
        self.database = SqlSource(SqlSource.Config(url))

    def datasets(self) -> Iterator[Reading]:
        """The newest digest of every name."""
        seen: set[str] = set()
        for row in self._rows():
            if row.name not in seen:
                seen.add(row.name)
                yield self._reading(row)

    def describe(self, uri: str) -> Reading:
        """The newest digest of a name."""
        return self._reading(self._row(uri, ""))

    def preview(self, uri: str, rows: int, options: dict[str, str]) -> Preview:
        """The first rows of the data, where its place is known and can be read."""
        return self._reader(uri, "").preview(rows)

    def look(self, uri: str, window: Window, options: dict[str, str]) -> Preview:
        """The rows of a window of the data."""
        return self._reader(uri, window.version).look(msgspec.structs.replace(window, version=""))

    def profile(
        self, uri: str, level: Level, options: dict[str, str], version: str, step: Callable[[float], None]
    ) -> Profile:
        """Figures of the data; of the footer what MLflow kept."""
        if level == "footer":
            return profiles.of_footer(self._reading(self._row(uri, version)))
        return self._reader(uri, version).profile(level, step)

    def versions(self, uri: str, options: dict[str, str]) -> list[Version]:
        """The digests that runs were given, newest first."""
        name = self._name(uri)
        rows = [row for row in self._rows() if row.name == name]
        return [
            Version(
                row.digest,
                datetime.fromtimestamp(row.at / 1000, UTC) if row.at else None,
                _told(row.profile).get("num_rows"),
                None,
                "logged",
                "",
                f"{row.runs} runs of {row.experiment}",
                current=index == 0,
            )
            for index, row in enumerate(rows)
        ]

    def _rows(self) -> list[Any]:
        from sqlalchemy import text

        with self.database.connected() as connection:
            return list(connection.execute(text(QUERY)))

    def _name(self, uri: str) -> str:
        name = uri.partition("#")[2]
        if not name:
            raise Invalid(f"“{hide(uri)}” names no dataset.", hint="Write the source's URL, then # and the name.")
        return name

    def _row(self, uri: str, digest: str) -> Any:
        name = self._name(uri)
        for row in self._rows():
            if row.name == name and digest in ("", row.digest):
                return row
        raise NotFound(f"No run was given a dataset {name}{f' {digest}' if digest else ''}.", hint="Scan again.")

    def _reading(self, row: Any) -> Reading:
        place = _place(row)
        found = _told(row.profile)
        return Reading(
            f"{self.uri}#{row.name}",
            row.name,
            "mlflow",
            _columns(_told(row.shape)),
            found.get("num_rows"),
            None,
            row.at / 1000 if row.at else None,
            row.digest,
            {"place": place, "runs": str(row.runs), "experiment": row.experiment} if place else {},
        )

    def _reader(self, uri: str, digest: str) -> Reader:
        row = self._row(uri, digest)
        place = _place(row)
        if not place:
            raise Invalid(
                f"Where the data of {row.name} is, is not known: MLflow kept a source of kind {row.kind}.",
                hint="Log it with its path, for instance mlflow.data.from_pandas(df, source=path).",
            )
        return formats.open_reader(spot(place), {}, str(_told(row.source).get("delta_table_version") or ""))


def _told(text: str | None) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(text or "{}")
    except msgspec.DecodeError:
        return {}  # cut by the database: MLflow keeps so many characters only
    return found if isinstance(found, dict) else {}


def _place(row: Any) -> str:
    """The URI of the data, empty where it is not known."""
    said = _told(row.source)
    found = str(said.get("uri") or said.get("url") or said.get("path") or "")
    if found.startswith("/"):
        return file_uri(Path(found))
    return found if "://" in found or found.startswith("file:") else ""


def _columns(shape: dict[str, Any]) -> list[Column]:
    listed = shape.get("mlflow_colspec") or []
    return [
        Column(str(one.get("name")), str(one.get("type", "")), not one.get("required", True))
        for one in listed
        if isinstance(one, dict) and one.get("name") is not None
    ]
