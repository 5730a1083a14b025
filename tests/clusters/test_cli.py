"""``perijove cluster`` as a script uses it."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from perijove.clusters.cli import cluster
from perijove.core.errors import NotFound

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def call(clusters):
    def run(*argv):
        done = CliRunner().invoke(cluster, list(argv), obj={"clusters": clusters}.__getitem__)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output

    return run


def test_the_road_of_a_cluster_in_json(call):
    assert [part["name"] for part in json.loads(call("backends", "--json"))] == ["local"]
    started = json.loads(call("start", "--workers", "1", "--wait", "--json"))
    assert (started["state"], started["workers"], started["profile"]) == ("running", 1, "local")
    assert [one["id"] for one in json.loads(call("list", "--json"))] == [started["id"]]
    assert started["id"] in call("list") and "1/1" in call("list")
    assert json.loads(call("scale", started["id"], "0", "--json"))["wanted"] == 0
    assert "The cluster runs at" in json.loads(call("logs", started["id"], "--json"))["lines"][0]
    assert json.loads(call("stop", started["id"], "--json")) == {"ok": True}
    assert json.loads(call("list", "--json")) == []
    assert "There is no cluster" in call("list")


@pytest.mark.parametrize("argv", [("scale", "nope", "1"), ("logs", "nope"), ("stop", "nope")])
def test_a_wrong_id_is_bad_input(call, argv):
    with pytest.raises(NotFound) as caught:
        call(*argv)
    assert (caught.value.exit_code, "perijove cluster list" in caught.value.hint) == (2, True)


@pytest.mark.parametrize("name", [None, *cluster.commands])
def test_every_help_has_an_example(name):
    shown = CliRunner().invoke(cluster, [*([name] if name else []), "--help"]).output
    assert re.search(r"Example:\n +perijove cluster", shown)
