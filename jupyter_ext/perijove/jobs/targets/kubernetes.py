"""Adds a Kubernetes CronJob to a job."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
import yaml  # type: ignore[import-untyped]  # it carries no types

from perijove.core.errors import Invalid
from perijove.jobs.ports import JobSpec
from perijove.jobs.targets.spec import ScheduleConfig, Scheduled, check_image, check_variables


class KubernetesConfig(ScheduleConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``image`` is the job's image, built from its Dockerfile; ``data`` and ``outputs`` are volume claims, for what the
    job reads and writes; ``cpu`` and ``memory`` are what it asks for, and may use."""

    image: str
    namespace: str = "default"
    data: str = ""
    outputs: str = ""
    cpu: str = "1"
    memory: str = "2Gi"
    retries: int = 1


class KubernetesTarget(Scheduled):
    """A CronJob that runs the job's image."""

    label: ClassVar[str] = "Kubernetes CronJob"
    Config: ClassVar[type[msgspec.Struct]] = KubernetesConfig

    def __init__(self, config: KubernetesConfig) -> None:
        super().__init__(config)
        self.settings = config
        check_image(config.image)
        for name in (config.namespace, config.data or "x", config.outputs or "x"):
            if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name, re.ASCII):
                raise Invalid(f"“{name[:60]}” is no name in Kubernetes.", hint="Use small letters, digits and hyphens.")
        for amount in (config.cpu, config.memory):
            if not re.fullmatch(r"\d{1,9}(\.\d{1,3})?(m|[KMGT]i?)?", amount, re.ASCII):
                raise Invalid(
                    f"“{amount[:40]}” is no amount.", hint="Write for instance 500m or 2 for cpu, 4Gi for memory."
                )
        if not 0 <= config.retries <= 100:
            raise Invalid("The number of retries must lie between 0 and 100.")

    def files(self, spec: JobSpec) -> Mapping[str, str]:
        """``deploy/cronjob.yaml``."""
        text = yaml.safe_dump(self._cronjob(spec), sort_keys=False, allow_unicode=True, width=100)
        return {"deploy/cronjob.yaml": "# kubectl apply -f deploy/cronjob.yaml\n" + text}

    def _cronjob(self, spec: JobSpec) -> dict[str, Any]:
        name = spec.command[:52].rstrip("-")
        job = {
            "backoffLimit": self.settings.retries,
            "template": {"metadata": {"labels": {"app": name}}, "spec": self._pod(spec, name)},
        }
        return {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": {"name": name, "namespace": self.settings.namespace, "labels": {"app": name}},
            "spec": {
                "schedule": self.cron.text,
                "timeZone": self.timezone,
                "concurrencyPolicy": "Forbid",
                "successfulJobsHistoryLimit": 3,
                "failedJobsHistoryLimit": 3,
                "jobTemplate": {"spec": job},
            },
        }

    def _pod(self, spec: JobSpec, name: str) -> dict[str, Any]:
        amounts = {"cpu": self.settings.cpu, "memory": self.settings.memory}
        secret = {key: {"secretKeyRef": {"name": f"{name}-environment", "key": key}} for key in check_variables(spec)}
        container = {
            "name": name,
            "image": self.settings.image,
            "args": ["run", "--quiet", "--out", "/outputs"],
            "env": [{"name": key, "valueFrom": value} for key, value in secret.items()],
            "resources": {"requests": amounts, "limits": amounts},
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            "volumeMounts": [
                {"name": "data", "mountPath": "/data", "readOnly": True},
                {"name": "outputs", "mountPath": "/outputs"},
            ],
        }
        return {
            "restartPolicy": "Never",
            "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "fsGroup": 1000},
            "containers": [container],
            "volumes": [_volume("data", self.settings.data), _volume("outputs", self.settings.outputs)],
        }


def _volume(name: str, claim: str) -> dict[str, Any]:
    return {"name": name, "persistentVolumeClaim": {"claimName": claim}} if claim else {"name": name, "emptyDir": {}}
