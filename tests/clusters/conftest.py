"""The service with a real project; whatever a test starts is ended after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from perijove.clusters import hosts
from perijove.clusters.service import Clusters
from perijove.core.events import Events
from perijove.core.plugins import Parts
from perijove.core.project import Project


@pytest.fixture
def clusters(project: Project, events: Events) -> Iterator[Clusters]:
    service = Clusters(project, Parts("perijove.cluster_backends_v1"), events)
    yield service
    for record in service.records.all():
        hosts.end(record.id)
        service.records.remove(record)
