"""The Jobs API of a cluster: a sweep is submitted, asked for, and stopped."""

from __future__ import annotations

import contextlib
import shlex
import urllib.error
import urllib.request
from typing import Any, Literal

from cifar_core.errors import StoreError, foreign_sentence
from cifar_core.sweeps.cluster.place import ClusterPlace, require_ray

ANSWER_SECONDS = 5.0
JobStatus = Literal["unknown", "pending", "running", "succeeded", "failed", "stopped"]


class UnreachableError(StoreError):
    """The cluster does not answer: what it does is not known, and nothing is lost."""


class JobClient:
    """Talks to one cluster; every call raises UnreachableError where it does not answer."""

    def __init__(self, place: ClusterPlace) -> None:
        require_ray()
        self._place = place

    def submit(self, job_id: str, sweep_id: str) -> None:
        """Submits a sweep as a job of this id; once, however often it is called."""
        place = self._place
        module = f"-m cifar_core.sweeps.cluster.job {shlex.quote(place.folder)} {shlex.quote(sweep_id)}"
        client = self._client()
        try:
            client.submit_job(
                entrypoint=f"{shlex.quote(place.python)} {module}",
                submission_id=job_id,
                # No `working_dir`: it would be copied to every machine, where the project is installed already.
                runtime_env={"env_vars": {} if place.data is None else {"CIFAR_LAB_DATA": place.data}},
                # The driver stays on the head: workers come and go.
                entrypoint_resources={"node:__internal_head__": 0.001},
            )
        except Exception as error:
            if "already exists" not in str(error):
                raise self._unreachable(error) from None

    def status(self, job_id: str) -> tuple[JobStatus, str]:
        """What a job does, and the cluster's word on it; "unknown" where the cluster never heard of it."""
        client = self._client()
        try:
            info = client.get_job_info(job_id)
        except Exception as error:
            if "does not exist" in str(error):
                return "unknown", ""
            raise self._unreachable(error) from None
        status: JobStatus = info.status.value.lower()
        return status, " ".join((info.message or "").split())

    def log(self, job_id: str) -> str:
        """What a job printed; empty where the cluster does not say."""
        try:
            told: str = self._client().get_job_logs(job_id)
        except Exception:  # it explains a failure, and must not become one
            return ""
        return told

    def stop(self, job_id: str) -> None:
        """Asks a job to end."""
        client = self._client()
        try:
            client.stop_job(job_id)
        except Exception as error:
            raise self._unreachable(error) from None

    def _client(self) -> Any:  # Ray is optional: its types are not always there
        try:
            self._require_answer()
            from ray.job_submission import JobSubmissionClient

            return JobSubmissionClient(self._place.address)
        except Exception as error:
            raise self._unreachable(error) from None

    def _require_answer(self) -> None:
        """Any answer will do: Ray's own client would wait for a silent host for ever."""
        with contextlib.suppress(urllib.error.HTTPError):
            urllib.request.urlopen(f"{self._place.address}/api/version", timeout=ANSWER_SECONDS).close()

    def _unreachable(self, error: Exception) -> UnreachableError:
        return UnreachableError(
            f"The Ray cluster at {self._place.address} does not answer as it should ({foreign_sentence(error)})."
        )
