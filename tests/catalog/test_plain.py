"""Values as JSON carries them."""

from __future__ import annotations

import datetime

from hypothesis import given
from hypothesis import strategies as st

from perijove.catalog.plain import plain, plain_all

KINDS = [
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(),
    st.binary(),
    st.dates(),
    st.just(datetime.datetime(2026, 1, 1, 12)),
]
ONE_KIND = st.sampled_from(KINDS).flatmap(lambda kind: st.lists(st.none() | kind))


@given(ONE_KIND | st.lists(st.one_of(*KINDS)))
def test_a_column_at_once_is_as_its_values_one_by_one(values: list[object]) -> None:
    assert plain_all(values) == [plain(value) for value in values]
