"""Documents of a project, and rooms for the tests of real-time editing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from perijove.core.project import Project
from perijove.storage.documents import Documents

if TYPE_CHECKING:
    from tests.storage.rooms import Place


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def place(project: Project) -> Place:
    from tests.storage.rooms import Place  # needs jupyter-collaboration, as other tests here do not

    return Place(project)


@pytest.fixture
def own(project: Project) -> Iterator[Documents]:
    made = Documents(project)
    yield made
    made.close()
