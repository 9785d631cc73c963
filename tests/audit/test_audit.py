"""The audit tells clean from vulnerable, and both from not known."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.audit.__main__ import main
from tests.audit.advisories import read_lock
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


KNOWN = Path(__file__).with_name("known")


def lock_of(folder: Path, *pins: str) -> Path:
    """A lock file with these pins, as uv writes them."""
    lock = folder / "a.lock"
    lock.write_text("".join(f"{pin} \\\n    --hash=sha256:{'0' * 64}\n    # via somebody\n" for pin in pins))
    return lock


@pytest.mark.parametrize(
    ("version", "status"),
    [("1.0", VULNERABLE), ("2.0.9", VULNERABLE), ("2.1.0", CLEAN), ("2.2", CLEAN), ("3.0.0", VULNERABLE)],
)
def test_a_version_that_an_advisory_names_is_found_without_a_network(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], version: str, status: int
) -> None:
    lock = lock_of(tmp_path, "flask==3.1.3", f"example-package=={version} ; python_full_version < '3.11'")
    assert main(["--advisories", str(KNOWN), str(lock)]) == status
    named = f"VULNERABLE example-package {version}: PYSEC-0000-1"
    assert (named in capsys.readouterr().out) is (status == VULNERABLE)


def test_an_archive_of_advisories_is_as_good_as_a_folder(tmp_path: Path) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "all"), "zip", KNOWN))
    assert main(["--advisories", str(archive), str(lock_of(tmp_path, "example-package==1.0"))]) == VULNERABLE


def test_without_advisories_nothing_is_taken_for_clean(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = lock_of(tmp_path, "flask==3.1.3")
    assert main(["--advisories", str(tmp_path), str(lock)]) == UNKNOWN
    assert main(["--advisories", str(lock), str(lock)]) == UNKNOWN
    assert "no advisory" in capsys.readouterr().err


def test_every_pin_of_our_locks_is_read() -> None:
    for lock in sorted(Path("requirements").glob("*.lock")):
        lines = [line for line in lock.read_text().splitlines() if line and line[0] not in "# "]
        assert len(list(read_lock(lock.read_text()))) == len(lines), lock
