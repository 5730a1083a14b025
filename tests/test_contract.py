"""The written contract is fresh, and every route names a permission that exists."""

from __future__ import annotations

from pathlib import Path

from perijove import contract
from perijove.core.access import PERMISSIONS
from perijove.wiring import routes

ROOT = Path(__file__).parents[1]


def test_openapi_is_fresh() -> None:
    assert (ROOT / "openapi.json").read_text() == contract.text(), "run: make contract"


def test_every_route_names_a_known_permission_and_none_is_unused() -> None:
    used = {route.may for route in routes()}
    assert used == set(PERMISSIONS)


def test_names_and_paths_are_unique_and_told() -> None:
    found = routes()
    assert len({route.name for route in found}) == len(found)
    assert len({(route.method, route.path) for route in found}) == len(found)
    assert [route.name for route in found if not route.sentence.endswith(".")] == []


def test_what_changes_something_asks_for_a_writing_permission() -> None:
    harmless = {"preview_job", "diff_notebook", "look_at_dataset", "look_at_frame", "profile_dataset"}
    asking = {"ask_access", "decide_access"}  # a viewer may ask; who may decide is looked at for each dataset
    asking |= {"approve_job", "withdraw_approval"}  # an approver's, who need not be allowed more than to read
    loose = [route.name for route in routes() if route.method != "GET" and not route.may.endswith(".write")]
    assert set(loose) <= harmless | asking
