"""What every source of datasets must keep to, as tests that pytest runs in a subclass.

    class TestAcme(SourceContract):
        kind = "acme"

        @pytest.fixture
        def config(self):
            return {"uri": "acme://demo"}

The source is called as the server calls it: by its entry point, in a worker process, with its answers as JSON.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any, ClassVar

import msgspec
import pytest

from perijove.catalog.model import Filter, Preview, Reading, Sort, Window
from perijove.catalog.sandbox import Sandbox
from perijove.catalog.worker import GROUP
from perijove.core.errors import Invalid, PerijoveError
from perijove.core.plugins import Parts

ROWS = 5


class SourceContract:
    """The contract; ``kind`` is the name of the entry point, ``config`` a fixture with the settings of a source.

    The source must hold at least one dataset with rows. ``missing`` is the URI of a dataset that is not there.
    """

    kind: ClassVar[str]
    missing: ClassVar[str] = ""

    @pytest.fixture
    def config(self) -> dict[str, Any]:
        """Settings of a source with data; override it."""
        raise NotImplementedError("Give your suite a fixture `config` with the settings of a source that has data.")

    @pytest.fixture(scope="class")
    def sandbox(self) -> Sandbox:
        """What calls the source."""
        return Sandbox()

    @pytest.fixture
    def found(self, sandbox: Sandbox, config: dict[str, Any]) -> list[Reading]:
        """Every dataset of the source."""
        return list(sandbox.datasets(self.kind, config["uri"], lambda: None))

    @pytest.fixture
    def readable(self, found: list[Reading]) -> Reading:
        """The first dataset without a problem."""
        good = [one for one in found if not one.problem]
        assert good, f"no dataset can be read: {[(one.name, one.problem) for one in found]}"
        return good[0]

    def shown(self, sandbox: Sandbox, config: dict[str, Any], one: Reading, rows: int = ROWS) -> Preview:
        """The first rows of a dataset."""
        return sandbox.preview(self.kind, config["uri"], one.uri, rows, one.options)

    def test_is_listed_with_its_form(self) -> None:
        """The part is listed without a problem, with a label and a form that asks for a uri."""
        part = next((part for part in Parts(GROUP).all() if part.name == self.kind), None)
        assert part is not None, f"no entry point {GROUP}: {self.kind}"
        assert not part.problem, part.problem
        assert part.label
        assert "uri" in str(part.form)

    def test_unknown_settings_are_refused(self, config: dict[str, Any]) -> None:
        """A setting that the form does not know is refused by name."""
        with pytest.raises(Invalid, match="nosuchsetting"):
            Parts(GROUP).make(self.kind, {**config, "nosuchsetting": 1})

    def test_datasets_have_a_name_a_place_and_a_format(self, found: list[Reading]) -> None:
        """Each dataset can be told from the others, and a broken one says why."""
        assert found, "the source lists no dataset"
        assert len({one.uri for one in found}) == len(found), "two datasets have the same uri"
        for one in found:
            assert one.name and one.uri and one.format
            assert one.rows is None or one.rows >= 0
            assert not one.problem or one.problem.strip().endswith((".", "!", "?")), "a problem is a sentence"

    def test_a_second_scan_finds_the_same(self, found: list[Reading], sandbox: Sandbox, config: dict[str, Any]) -> None:
        """Nothing about a dataset changes while its data does not."""
        assert list(sandbox.datasets(self.kind, config["uri"], lambda: None)) == found

    def test_describe_agrees_with_the_scan(self, readable: Reading, sandbox: Sandbox, config: dict[str, Any]) -> None:
        """A dataset named by its uri is the same one."""
        alone = sandbox.describe(self.kind, config["uri"], readable.uri)
        assert [(one.name, one.type) for one in alone.columns] == [(one.name, one.type) for one in readable.columns]
        assert (alone.name, alone.format, alone.version) == (readable.name, readable.format, readable.version)

    def test_preview_gives_rows_under_their_columns(
        self, readable: Reading, sandbox: Sandbox, config: dict[str, Any]
    ) -> None:
        """No more rows than were asked for, each as wide as the heading, the total not less than what is shown."""
        shown = self.shown(sandbox, config, readable)
        assert shown.rows, "the first dataset has no rows; give the suite data"
        assert len(shown.rows) <= ROWS
        assert {len(row) for row in shown.rows} == {len(shown.columns)}
        assert [one.name for one in shown.columns] == [one.name for one in readable.columns]
        assert shown.total_rows is None or shown.total_rows >= len(shown.rows)
        assert shown.truncated or shown.total_rows in (None, len(shown.rows))

    def test_fewer_rows_are_the_same_rows(self, readable: Reading, sandbox: Sandbox, config: dict[str, Any]) -> None:
        """The first row is the first row, however many are asked for."""
        assert self.shown(sandbox, config, readable, 1).rows == self.shown(sandbox, config, readable).rows[:1]

    def test_sort_filter_and_page_agree(self, readable: Reading, sandbox: Sandbox, config: dict[str, Any]) -> None:
        """A filter that all rows pass leaves them all, an offset goes on where the page before ended."""

        def look(**window: Any) -> Preview:
            return sandbox.look(self.kind, config["uri"], readable.uri, Window(**window), readable.options)

        column = self.shown(sandbox, config, readable).columns[0].name
        up = look(rows=4, sort=[Sort(column)], columns=[column])
        pages = [look(rows=2, offset=at, sort=[Sort(column)], columns=[column]).rows for at in (0, 2)]
        assert up.rows == [row for page in pages for row in page]
        none = look(rows=4, where=[Filter(column, "null"), Filter(column, "not null")])
        assert (none.rows, none.total_rows or 0) == ([], 0)

    @pytest.mark.parametrize("level", ["footer", "sample"])
    def test_a_profile_says_what_it_rests_on(
        self, level: Any, readable: Reading, sandbox: Sandbox, config: dict[str, Any]
    ) -> None:
        """Every column has figures or a reason, and shares are shares."""
        found = sandbox.profile(self.kind, config["uri"], readable.uri, level, readable.options)
        assert found.level == level
        assert [one.name for one in found.columns] == [one.name for one in readable.columns]
        for one in found.columns:
            assert one.basis.method
            assert one.basis.share is None or 0 <= one.basis.share <= 1
            assert one.null_share is None or 0 <= one.null_share <= 1

    def test_what_is_missing_is_a_sentence(self, readable: Reading, sandbox: Sandbox, config: dict[str, Any]) -> None:
        """A dataset that is not there ends in a sentence of the domain, not in a traceback."""
        missing = self.missing or f"{readable.uri}-that-is-not-there"
        for ask in (
            lambda: sandbox.describe(self.kind, config["uri"], missing),
            lambda: sandbox.preview(self.kind, config["uri"], missing, ROWS, {}),
        ):
            with pytest.raises(PerijoveError) as caught:
                ask()
            assert caught.value.kind in ("NotFound", "Invalid"), f"{caught.value.kind}: {caught.value.message}"

    def test_optional_verbs_can_be_called(self) -> None:
        """What has the name of a verb beyond the port (look, profile, versions, children) is one."""
        point = next(point for point in entry_points(group=GROUP) if point.name == self.kind)
        for verb in ("look", "profile", "versions", "children"):
            assert callable(getattr(point.load(), verb, print)), f"{verb} is no method"

    def test_answers_are_plain_json(self, readable: Reading, sandbox: Sandbox, config: dict[str, Any]) -> None:
        """What comes back can be written as JSON, with no NaN in it."""
        raw = msgspec.json.encode(self.shown(sandbox, config, readable))
        assert msgspec.json.decode(raw, type=Preview).rows
