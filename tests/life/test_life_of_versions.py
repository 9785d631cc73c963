"""Publish, canary, promote, roll back, remove, prune, put back by hand, restart: in any order.

Hypothesis chooses the order; the machine below knows what must come of it.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from serving import administration
from serving.store import configuration, layout, ledger
from serving.store.configuration import CONFIG_FILE
from tests.life.server import BROKEN, Server
from tests.waiting import eventually
from training.export.staging import staging

pytestmark = pytest.mark.slow

NAME = "m"
KINDS = st.sampled_from(["sound", "sound", "slow", BROKEN])


class Life(RuleBasedStateMachine):
    """One model's versions on disk, a server that serves them, and the invariants."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="life-"))
        self.model = self.folder / NAME
        self.file = self.folder / CONFIG_FILE
        self.model.mkdir()
        self.published: dict[int, str] = {}
        self.stable: int | None = None
        self.canary: int | None = None
        self.server: Server | None = None

    def teardown(self) -> None:
        """End the server and clear up."""
        if self.server:
            self.server.stop()
        shutil.rmtree(self.folder)

    @initialize()
    def begin(self) -> None:
        """A first sound version, and a server."""
        self._publish("sound")
        self._start()

    @rule(kind=KINDS)
    def publish(self, kind: str) -> None:
        """No version number is given twice, whatever was removed."""
        before = max(self.published)
        assert self._publish(kind) > before

    @rule(data=st.data())
    def promote(self, data: st.DataObject) -> None:
        """Promote a version; promoting a broken version changes nothing."""
        version = data.draw(st.sampled_from(self._there()))
        self._label(version, canary=False)

    @rule(data=st.data())
    def fly_a_canary(self, data: st.DataObject) -> None:
        """Make a version the canary; the stable version stays."""
        version = data.draw(st.sampled_from(self._there()))
        if version != self._serving_stable():
            self._label(version, canary=True)

    @rule()
    def roll_back(self) -> None:
        """End the canary; without one, the version before serves if it loads."""
        now = self._serving_stable()
        wanted = [v for v in self._there() if v < (now or 0) and not ledger.changed(self.model, v)]
        status = self._command("rollback", NAME)
        if self.canary is not None and self.stable is not None:
            assert status == 0
            self.canary = None
        elif wanted and self._sound(max(wanted)):
            assert status == 0
            self.stable, self.canary = max(wanted), None
        else:
            assert status == 1

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        """Remove a version; a serving one stays."""
        version = data.draw(st.sampled_from(self._there()))
        serves = version in self._loaded() | self._server().available(NAME)
        status = self._command("remove", NAME, str(version))
        assert (self.model / str(version)).exists() == (status == 1)
        assert status == 1 or not serves

    @rule(keep=st.integers(1, 3))
    def prune(self, keep: int) -> None:
        """Prune; the serving versions and the newest stay."""
        kept = set(self._there()[-keep:]) | self._loaded() | self._server().available(NAME)
        assert self._command("prune", NAME, "--keep", str(keep)) == 0
        assert kept <= set(self._there())

    @precondition(lambda self: bool(set(self.published) - set(self._there())))
    @rule(data=st.data())
    def put_another_under_a_number_that_was_given(self, data: st.DataObject) -> None:
        """Put other content under a number that was given; it is noticed and not promoted, then removed."""
        gone = data.draw(st.sampled_from(sorted(set(self.published) - set(self._there()))))
        aside = self.model / ".by-hand"
        aside.mkdir()
        (aside / "saved_model.pb").write_text("another")
        if self.stable is None and gone > min(self._loaded()):
            shutil.rmtree(aside)  # it would serve at once: that is for the check at the start
            return
        aside.rename(self.model / str(gone))
        assert ledger.changed(self.model, gone)
        assert self._command("promote", NAME, str(gone)) == 1
        shutil.rmtree(self.model / str(gone))

    @precondition(lambda self: any(self._sound(v) for v in self._loaded()))
    @rule()
    def restart(self) -> None:
        """A server that starts serves the configured versions; a broken version does not prevent that."""
        self._server().stop()
        self._start()

    @invariant()
    def what_answers_is_what_was_published_under_its_number(self) -> None:
        """There is always an answer, never by a broken version or with another version's content."""
        if self.server is None:
            return
        version, content = self.server.answer(NAME)
        assert content == self.published[version]
        assert not content.startswith(BROKEN)

    @invariant()
    def what_serves_is_what_was_asked_for(self) -> None:
        """Exactly the labelled versions serve; without labels, the newest that loads."""
        if self.server is None:
            return
        server = self.server
        if self.stable is not None:
            wanted = {self.stable, *([self.canary] if self.canary else [])}
            eventually(lambda: server.available(NAME) == wanted, f"{wanted} are available")
            assert server.answer(NAME, "stable")[0] == self.stable
        elif sound := [v for v in self._loaded() if self._sound(v)]:
            eventually(lambda: server.answer(NAME)[0] == max(sound), f"{max(sound)} serves")

    def _publish(self, kind: str) -> int:
        with staging(self.model) as staged:
            content = f"{kind} {len(self.published)}"
            (staged.path / "saved_model.pb").write_text(content)
            version = staged.publish(f"run-{len(self.published)}")
        assert version not in self.published
        self.published[version] = content
        return version

    def _label(self, version: int, *, canary: bool) -> None:
        before, kept = self.file.read_bytes(), self._serving_stable()
        status = self._command("promote", NAME, str(version), *(["--canary"] if canary else []))
        stays = kept is None or self._sound(kept) or not canary
        flying = canary or self.canary in (None, version) or self._sound(self.canary or 0)
        if not self._sound(version) or not stays or not flying:
            assert status == 1
            assert self.file.read_bytes() == before
        elif canary:
            assert status == 0
            self.stable, self.canary = kept, version
        else:
            assert status == 0
            self.stable, self.canary = version, None if self.canary == version else self.canary

    def _start(self) -> None:
        configuration.write(configuration.read(self.file, self.folder), self.file)
        self.server = Server(self.file)

    def _command(self, *arguments: str) -> int:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return administration.main(
                [
                    *arguments,
                    "--models-dir",
                    str(self.folder),
                    "--server",
                    self._server().address,
                    "--timeout",
                    "10",
                ]
            )

    def _server(self) -> Server:
        assert self.server is not None
        return self.server

    def _there(self) -> list[int]:
        return layout.versions(self.model)

    def _sound(self, version: int) -> bool:
        return not self.published[version].startswith(BROKEN)

    def _entry(self) -> configuration.Config:
        return configuration.entry_of(configuration.read(self.file, self.folder), NAME)

    def _loaded(self) -> set[int]:
        return configuration.loaded(self._entry())

    def _serving_stable(self) -> int | None:
        return configuration.stable(self._entry())


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
