"""The audit tells clean from vulnerable, and both from not known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.audit.__main__ import main
from tests.audit.report import CLEAN, UNKNOWN, VULNERABLE, Report, read

LOCK = Path("a.lock")
SOUND = {"name": "flask", "version": "3.1.3", "vulns": []}
HOLED = {"name": "pillow", "version": "1.0", "vulns": [{"id": "CVE-1"}, {"id": "CVE-2"}]}
NOT_FOUND = {"name": "numpy", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("dependencies", "status"),
    [
        ([SOUND], CLEAN),
        ([SOUND, HOLED], VULNERABLE),
        ([SOUND, NOT_FOUND], UNKNOWN),
        ([HOLED, NOT_FOUND], VULNERABLE),
        ([NOT_FOUND], UNKNOWN),
        ([], UNKNOWN),
    ],
)
def test_what_was_not_looked_up_is_not_taken_for_clean(dependencies: list[object], status: int) -> None:
    assert read(LOCK, json.dumps({"dependencies": dependencies})).status == status


def test_a_vulnerability_is_named() -> None:
    sentence = read(LOCK, json.dumps({"dependencies": [HOLED, NOT_FOUND]})).sentence()
    assert "pillow 1.0: CVE-1, CVE-2" in sentence
    assert "NOT AUDITED: 1" in sentence


def test_trouble_is_told() -> None:
    assert Report(LOCK, trouble="no route").sentence() == "a.lock: NOT AUDITED, no route"


def test_without_pip_audit_nothing_is_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = tmp_path / "empty.lock"
    lock.write_text("")
    assert main([str(lock)]) == UNKNOWN
    assert "proves nothing" in capsys.readouterr().err
