"""Transactions, and the rows that are derived from a recording."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kneedrive.findings import Analysis
from kneedrive.store.file import told
from kneedrive.store.find import Searching
from kneedrive.store.rows import NewActivity, NewRun, Placed, pack, to_ms


class Placing(Searching):
    """Writes activities and runs beside the recording that they were derived from."""

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction, from a lock that keeps other writers out to a commit, or back to the start on any error."""
        if self._db.in_transaction:
            yield
            return
        self._do("BEGIN IMMEDIATE")
        try:
            yield
            self._do("COMMIT")
        finally:
            # SQLite has gone back by itself after some errors, a full disk among them.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _displace(self, number: int) -> None:
        """Take a recording's activities away, and every run that they were part of."""
        self._do("DELETE FROM run WHERE id IN (SELECT run FROM activity WHERE recording = ?)", number)
        self._do("DELETE FROM activity WHERE recording = ?", number)

    def _place(self, number: int, placed: Placed, version: str) -> None:
        """Write what was derived from a recording; runs that its activities change are replaced."""
        for new in placed.activities:
            self._put_activity(number, new)
        for run in placed.runs:
            self._take_from_runs(run.members)
        for run in placed.runs:
            self._put_run(run)
        rows = self._all("SELECT key FROM activity WHERE recording = ? AND is_run AND run IS NULL", number)
        if rows:
            message = f"derived activities without their run: {rows}"
            raise ValueError(message)
        self._do("UPDATE recording SET derived = ? WHERE id = ?", version, number)

    def _put_activity(self, number: int, new: NewActivity) -> None:
        activity, outline = new.activity, new.outline
        started_ms = to_ms(outline.started_at) or 0
        self._insert(
            "activity",
            recording=number,
            runner=self.runner,
            key=activity.id,
            format=outline.format,
            device=outline.device,
            started_at_ms=started_ms,
            ended_at_ms=started_ms + int(outline.elapsed_s * 1000),
            duration_s=outline.duration_s,
            elapsed_s=outline.elapsed_s,
            distance_m=outline.distance_m,
            heart_rate_bpm=outline.heart_rate_bpm,
            dynamics=outline.dynamics,
            sport=activity.sport,
            sub_sport=activity.sub_sport,
            provenance=new.provenance,
            is_run=new.is_run,
            verdict="",
        )

    def _take_from_runs(self, members: Sequence[str]) -> None:
        for key in members:
            self._do(
                "DELETE FROM run WHERE id IN (SELECT run FROM activity WHERE runner = ? AND key = ?)", self.runner, key
            )

    def _put_run(self, new: NewRun) -> None:
        number = self._insert("run", **self._run_values(new))
        for key in new.members:
            self._do(
                "UPDATE activity SET run = ?, verdict = ? WHERE runner = ? AND key = ?",
                number,
                new.verdicts.get(key, ""),
                self.runner,
                key,
            )
        # What the activities know better than the analysis of their merger.
        self._do(
            "UPDATE run SET dynamics = (SELECT max(dynamics) FROM activity WHERE run = run.id),"
            " device = (SELECT device FROM activity WHERE run = run.id AND key = run.key) WHERE id = ?",
            number,
        )
        for channel, key in sorted(new.sources.items()):
            self._do(
                "INSERT INTO run_source (run, channel, activity) SELECT ?, ?, id FROM activity"
                " WHERE runner = ? AND key = ?",
                number,
                channel,
                self.runner,
                key,
            )
        self._insert("epochs", run=number, **pack(new.analysis.epochs)._asdict())
        self._insert("detail", run=number, json=zlib.compress(new.detail.encode()))

    def _run_values(self, new: NewRun) -> dict[str, object]:
        activity = new.analysis.activity
        return {
            "runner": self.runner,
            "key": activity.id,
            "started_at_ms": to_ms(activity.started_at),
            "utc_offset_s": activity.utc_offset_s,
            "device": "",
            "firmware": new.firmware,
            "duration_s": activity.duration_s,
            "distance_m": activity.distance_m,
            "dynamics": 0,
            "recordings": len(new.members),
            **_said(new.analysis),
        }

    def _insert(self, table: str, **values: object) -> int:
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        return self._do(f"INSERT INTO {table} ({names}) VALUES ({marks})", *values.values())  # noqa: S608 - names of ours

    def _mark_loose(self) -> None:
        """Have every recording derived again of which a run is in no run: it was part of one that is gone."""
        self._do(
            "UPDATE recording SET derived = '' WHERE id IN"
            " (SELECT recording FROM activity WHERE is_run AND run IS NULL)"
        )

    def _do(self, sql: str, *values: object) -> int:
        """Run one statement; returns the row number of an insert."""
        with told(self.path):
            return self._db.execute(sql, values).lastrowid or 0


def _said(analysis: Analysis) -> dict[str, object]:
    """The columns of a run that say what the analysis found."""
    label = next((finding for finding in analysis.findings if finding.scope == "run"), None)
    scores = {name: score.value for name, score in analysis.scores.items()}
    errors = {f"{name}_se": score.se for name, score in analysis.scores.items()}
    return {
        "sensor": analysis.provenance,
        "surface": analysis.surface,
        "status": analysis.status,
        "epochs_total": len(analysis.epochs),
        "epochs_scored": int(analysis.epochs.scored.sum()),
        "label": label.label if label else "",
        "certainty": label.certainty if label else "",
        **scores,
        **errors,
    }
