"""Count how many uploads of a set are classified right, and draw the others.

Examples:
    Through a running gateway, beside the textbook preparation::

        python -m benchmarks.uploads --url http://127.0.0.1:8080 --uploads ../shared/uploads

    Garments classified by the digit model, and digits by the clothing model::

        python -m benchmarks.uploads --url http://127.0.0.1:8080 --uploads ../shared/uploads --strangers

    A published version with each preprocessing step skipped::

        python -m benchmarks.uploads --saved-model models/mnist/1 --uploads ../shared/uploads
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import httpx

from benchmarks.arguments import described
from benchmarks.uploads import through_api
from benchmarks.uploads.answers import STATUSES, Answer, label_cells, share, status_cells, style_cells
from benchmarks.uploads.contact_sheet import write_contact_sheet
from benchmarks.uploads.manifest import STYLES, Upload, read_manifest
from serving.contract import RECIPE_GARMENT, RECIPE_INK

_KIND_OF_RECIPE = {RECIPE_INK: "digits", RECIPE_GARMENT: "fashion"}
_STRANGERS = {"digits": "fashion", "fashion": "digits"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and print the tables; returns exit status 0."""
    options = _parser().parse_args(arguments)
    if not options.url and not options.saved_model:
        _parser().error("give --url, --saved-model, or both")
    uploads = read_manifest(options.uploads)
    options.sheets.mkdir(parents=True, exist_ok=True)
    if options.url:
        models = {"digits": options.digits_model, "fashion": options.fashion_model}
        with httpx.Client(base_url=options.url, timeout=60.0) as client:
            for kind, model in models.items():
                _through_api(client, kind, model, [u for u in uploads if u.kind == kind], options.sheets)
                if options.strangers:
                    _print_strangers(client, model, [u for u in uploads if u.kind == _STRANGERS[kind]])
    for folder in options.saved_model:
        _in_process(folder, uploads, options.sheets)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = described("benchmarks.uploads", __doc__)
    parser.add_argument("--url", help="URL of the gateway, such as http://127.0.0.1:8080")
    parser.add_argument("--uploads", type=Path, required=True, help="folder with a MANIFEST.tsv")
    parser.add_argument(
        "--saved-model", type=Path, action="append", default=[], metavar="DIR",
        help="a published version, for the rows with a skipped step; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--digits-model", default="mnist", help="name of the model for digits (default: mnist)"
    )
    parser.add_argument(
        "--fashion-model",
        default="fashion_mnist",
        help="name of the model for clothing (default: fashion_mnist)",
    )
    parser.add_argument(
        "--strangers",
        action="store_true",
        help="also classify the other kind of upload with each model and count the statuses (with --url)",
    )
    parser.add_argument(
        "--sheets",
        type=Path,
        default=Path("build/uploads"),
        help="folder for contact sheets (default: build/uploads)",
    )
    return parser


def _through_api(client: httpx.Client, kind: str, model: str, uploads: list[Upload], sheets: Path) -> None:
    auto = through_api.classify(client, model, uploads)
    print(_heading(f"{kind}, model {model}, through :classify", STYLES[kind]))
    print(_row("as served", auto, kind))
    print(_row("fit=stretch", through_api.classify(client, model, uploads, fit="stretch"), kind))
    print()
    print(", ".join(f"{label} {cell}" for label, cell in label_cells(auto)))
    _print_doubt(auto)
    _draw(auto, sheets / f"{kind}_served.png")


def _in_process(folder: Path, uploads: list[Upload], sheets: Path) -> None:
    from benchmarks.uploads import in_process
    from serving.images import steps_of

    model = in_process.LocalModel(folder)
    kind = _KIND_OF_RECIPE[model.card.recipe]
    chosen = [upload for upload in uploads if upload.kind == kind]
    pictures = in_process.decode_all(chosen, model.card.recipe)
    auto = in_process.classify(model, chosen, pictures)
    print(_heading(f"{kind}, {model.card.dataset} from files, in process", STYLES[kind]))
    print(_row("all steps", auto, kind))
    for step in steps_of(model.card.recipe):
        answers = in_process.classify(model, chosen, pictures, skip=frozenset({step}))
        print(_row(f"without {step}", answers, kind))
    print(_row("fit=stretch", in_process.classify(model, chosen, pictures, fit="stretch"), kind))
    _print_doubt(auto)
    _draw(auto, sheets / f"{kind}_in_process.png")


def _heading(title: str, names: Sequence[str]) -> str:
    columns = ("", "all", *names)
    return f"\n{title}\n\n| {' | '.join(columns)} |\n|{' --- |' * len(columns)}"


def _row(name: str, answers: Sequence[Answer], kind: str) -> str:
    return f"| {' | '.join([name, *style_cells(answers, kind)])} |"


def _print_strangers(client: httpx.Client, model: str, uploads: Sequence[Upload]) -> None:
    """Print the statuses of pictures of the other kind, overall and by label."""
    answers = through_api.classify(client, model, uploads)
    columns = ("strangers", *(status.replace("_", " ") for status in STATUSES), "refused")
    print(f"\n{uploads[0].kind} shown to model {model}\n")
    print(f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")
    print(f"| {' | '.join(['all', *status_cells(answers)])} |")
    for label in sorted({upload.label for upload in uploads}):
        some = [answer for answer in answers if answer.upload.label == label]
        print(f"| {' | '.join([label, *status_cells(some)])} |")


def _print_doubt(answers: Sequence[Answer]) -> None:
    """Print how the status relates to right and wrong answers."""
    ok = [answer for answer in answers if answer.status == "ok"]
    print(f"\ncalled ok: {status_cells(answers)[0]}; right when ok: {share(ok, lambda _: True)}")
    for right in (True, False):
        some = [answer.status for answer in answers if answer.right == right]
        counts = ", ".join(f"{status} {some.count(status)}" for status in sorted(set(some)))
        print(f"{'right' if right else 'wrong'}: {counts or 'none'}")


def _draw(answers: Sequence[Answer], path: Path) -> None:
    wrong = write_contact_sheet(answers, path)
    print(f"\n{wrong} wrong" + (f", drawn in {path}" if wrong else ""), flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
