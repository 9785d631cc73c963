"""What pip-audit found in a lock file; unlike it, not taking what was never looked up for clean."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CLEAN, VULNERABLE, UNKNOWN = 0, 1, 2
"""Exit statuses."""


@dataclass(frozen=True)
class Report:
    """What is known of a lock file.

    Attributes:
        lock: the file.
        checked: how many dependencies were looked up.
        skipped: name and reason of those that were not.
        vulnerable: name, version and identifiers of those with known vulnerabilities.
        trouble: why there is no report at all, or an empty string.
    """

    lock: Path
    checked: int = 0
    skipped: list[str] = field(default_factory=list)
    vulnerable: list[str] = field(default_factory=list)
    trouble: str = ""

    @property
    def status(self) -> int:
        """One of the exit statuses; a known vulnerability outweighs what is not known."""
        if self.vulnerable:
            return VULNERABLE
        return UNKNOWN if self.trouble or self.skipped or not self.checked else CLEAN

    def sentence(self) -> str:
        """The report in a line or several."""
        if self.trouble:
            return f"{self.lock}: NOT AUDITED, {self.trouble}"
        lines = [f"{self.lock}: {self.checked} looked up, {len(self.vulnerable)} with known vulnerabilities"]
        lines += [f"  VULNERABLE {each}" for each in self.vulnerable]
        if self.skipped:
            lines.append(f"  NOT AUDITED: {len(self.skipped)}, the first because: {self.skipped[0]}")
        return "\n".join(lines)


def ask(lock: Path, service: str) -> Report:
    """Have pip-audit look a lock file up at a service."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--require-hashes"]
    command += ["--disable-pip", "--format", "json", "--progress-spinner", "off", "--timeout", "15"]
    command += ["--vulnerability-service", service]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    except subprocess.TimeoutExpired:
        return Report(lock, trouble=f"{service} did not answer in ten minutes")
    try:
        return read(lock, done.stdout)
    except (ValueError, KeyError, TypeError):
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return Report(lock, trouble=f"{service} gave no report: {last[:300]}")


def read(lock: Path, text: str) -> Report:
    """Read pip-audit's JSON.

    Raises:
        ValueError, KeyError, TypeError: when it is none.
    """
    found = json.loads(text)["dependencies"]
    looked_up = [each for each in found if "vulns" in each]
    return Report(
        lock,
        len(looked_up),
        [f"{each['name']}: {each['skip_reason']}" for each in found if "vulns" not in each],
        [_named(each) for each in looked_up if each["vulns"]],
    )


def _named(each: dict[str, Any]) -> str:
    identifiers = ", ".join(vulnerability["id"] for vulnerability in each["vulns"])
    return f"{each['name']} {each['version']}: {identifiers}"
