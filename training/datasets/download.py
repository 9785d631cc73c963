"""Download of a data set from its public mirrors: resumed, retried and verified."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from training.datasets import idx
from training.datasets.catalogue import IDX_FILES, Entry
from training.errors import CorruptDataset, DatasetUnavailable

ATTEMPTS = 3
TIMEOUT = httpx.Timeout(20.0, connect=5.0)
_CHUNK = 1 << 16

Sleep = Callable[[float], None]


def download(
    entry: Entry, folder: Path, client: httpx.Client | None = None, sleep: Sleep = time.sleep
) -> Path:
    """Download the four files of a data set into a folder.

    Files that are already there are kept, and incomplete ones are resumed.

    Args:
        entry: a data set with mirrors.
        folder: the folder to write to; created if it does not exist.
        client: the HTTP client to use; None opens one.
        sleep: called to wait between attempts, with seconds.

    Returns:
        The folder with all four files, verified.

    Raises:
        DatasetUnavailable: if no mirror has a valid file; the message lists every mirror and its error.
    """
    with _client(client) as http, _progress() as progress:
        for file in IDX_FILES:
            _fetch_from_any_mirror(entry, file, folder, http, progress, sleep)
    return folder


def _fetch_from_any_mirror(
    entry: Entry, file: str, folder: Path, http: httpx.Client, progress: Progress, sleep: Sleep
) -> None:
    target = folder / f"{file}.gz"
    if target.exists():
        return
    failures = []
    for mirror in entry.mirrors:
        failure = _fetch(f"{mirror}{file}.gz", target, entry.sha256[file], http, progress, sleep)
        if failure is None:
            return
        failures.append(f"{mirror}: {failure}")
    raise DatasetUnavailable("; ".join(failures))


def _fetch(
    url: str, target: Path, sha256: str, http: httpx.Client, progress: Progress, sleep: Sleep
) -> str | None:
    """Download one file from one mirror; returns None on success, else the error."""
    # Mirrors compress differently, so each has its own incomplete file.
    part = target.with_name(f"{target.name}.{httpx.URL(url).host}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _with_retries(url, part, http, progress, sleep)
        idx.read(part, 3 if "images" in target.name else 1, sha256)
        os.replace(part, target)
    except CorruptDataset as error:
        part.unlink(missing_ok=True)
        return str(error)
    except (httpx.HTTPError, OSError) as error:
        return str(error) or type(error).__name__
    return None


def _with_retries(url: str, part: Path, http: httpx.Client, progress: Progress, sleep: Sleep) -> None:
    """Try up to ``ATTEMPTS`` times, each time resuming, as long as waiting may help."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _continue(url, part, http, progress)
        except httpx.HTTPError as error:
            if attempt == ATTEMPTS or not _passes(error):
                raise
            sleep(2.0**attempt)
    return None


def _passes(error: httpx.HTTPError) -> bool:
    """Return whether the same request may soon succeed; if the host is unreachable, try the next mirror."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in (408, 429) or error.response.is_server_error
    return not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)


def _continue(url: str, part: Path, http: httpx.Client, progress: Progress) -> None:
    have = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with http.stream("GET", url, headers=headers) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # the file is already complete; the checksum decides
        if not response.is_success:
            text = f"HTTP {response.status_code} {response.reason_phrase}"
            raise httpx.HTTPStatusError(text, request=response.request, response=response)
        resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
        have = have if resumed else 0
        total = have + int(response.headers.get("Content-Length", 0)) or None
        task = progress.add_task(url.rsplit("/", 1)[-1], total=total, completed=have)
        with part.open("ab" if resumed else "wb") as file:
            for chunk in response.iter_raw(_CHUNK):
                file.write(chunk)
                progress.advance(task, len(chunk))


@contextmanager
def _client(client: httpx.Client | None) -> Iterator[httpx.Client]:
    if client is not None:
        yield client
        return
    with httpx.Client(timeout=TIMEOUT, follow_redirects=True) as opened:
        yield opened


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
