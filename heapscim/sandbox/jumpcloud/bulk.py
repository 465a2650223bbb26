"""Bulk jobs of the rehearsal JumpCloud. The vocabulary of their states is undocumented; a 200 is no promise."""

from __future__ import annotations

from dataclasses import dataclass, field

from heapscim.sandbox.jumpcloud.store import Document, JumpCloudStore

_SLOW_ASKS = 3


@dataclass(slots=True)
class _Job:
    users: list[Document]
    mode: str
    asked: int = 0
    rows: list[Document] = field(default_factory=list)


class Bulk:
    """Makes users from jobs, or says so (reference 3.4; jcapi-python issue 37)."""

    def __init__(self, store: JumpCloudStore) -> None:
        self._store = store
        self._jobs: dict[str, _Job] = {}

    def start(self, users: list[Document], mode: str) -> str:
        """Takes a job; answers its id."""
        id = f"{0x6A00_0000_0000_0000_0000_0000 + len(self._jobs):024x}"
        self._jobs[id] = _Job(users, mode)
        if mode != "slow":
            self._work(self._jobs[id])
        return id

    def results(self, id: str) -> list[Document] | None:
        """The rows of a job, None for one that isn't known."""
        job = self._jobs.get(id)
        if job is None:
            return None
        job.asked += 1
        if job.mode == "slow" and job.asked == _SLOW_ASKS:
            self._work(job)
        return [] if job.mode == "silent" else job.rows

    def _work(self, job: _Job) -> None:
        for number, user in enumerate(job.users):
            status, message = "finished", "User created"
            if not job.mode.startswith("pretends"):
                try:
                    self._store.add_user(user)
                except ValueError as error:
                    status, message = "error", str(error)
            row = {"id": f"{number:024x}", "status": status, "statusMsg": message, "persistedFields": {}, "meta": {}}
            job.rows.append({**row, "createdAt": "2026-01-05T08:00:00Z", "updatedAt": "2026-01-05T08:00:01Z"})
