"""The long run of hostile inputs: ``python -m tests.hostile``, with atheris where there is one: make fuzz."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tests.hostile.campaigns import CAMPAIGNS
from tests.hostile.corpus import SEED
from tests.hostile.tally import Tally

EXAMPLES = """examples:
  python -m tests.hostile                                    200,000 inputs, a quarter of an hour and more
  python -m tests.hostile --inputs 5000 --seconds 60         a taste
  python -m tests.hostile --only damaged-files --seed 7      one kind, with other chance

Inputs that fail are kept in build/fuzz. Exit status 1 when any did, or when memory grew.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the campaigns and print their table; returns the exit status."""
    arguments = _parser().parse_args(argv)
    tallies = []
    for name in arguments.only or CAMPAIGNS:
        campaign, share = CAMPAIGNS[name]
        inputs = max(1, round(arguments.inputs * (1.0 if arguments.only else share)))
        tallies.append(campaign(inputs, arguments.seconds, arguments.seed))
        print(f"{name} done", file=sys.stderr, flush=True)
    print(table(tallies))
    wrong = [sentence for tally in tallies for sentence in tally.verdict()]
    print("\n".join(wrong) or "No defect, nothing over its deadline, memory flat.")
    return 1 if wrong else 0


def table(tallies: Sequence[Tally]) -> str:
    """What became of the inputs, a row a campaign."""
    rows = [
        "| inputs | of what | wall s | slowest, CPU s | memory MB, growth | outcomes |",
        "| --- " * 6 + "|",
    ]
    for tally in tallies:
        ends = f"{tally.memory[-1]:.0f}, {tally.growth:+.1f}" if tally.memory else "-"
        outcomes = ", ".join(f"{count:,} {name}" for name, count in tally.outcomes.most_common())
        figures = (f"{tally.inputs:,}", tally.name, f"{tally.seconds:.0f}", f"{tally.slowest:.2f}")
        rows.append("| " + " | ".join((*figures, ends, outcomes)) + " |")
    rows.append(f"| {sum(tally.inputs for tally in tallies):,} | all | | | | |")
    return "\n".join(rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.hostile",
        description="Put hostile files to the decoder and hostile requests to the gateway, in this process.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--inputs", type=int, default=200_000, help="how many, over all kinds (200000)")
    parser.add_argument("--seconds", type=float, default=1_800, help="most wall time of each kind (1800)")
    parser.add_argument("--seed", type=int, default=SEED, help="where chance begins")
    parser.add_argument("--only", action="append", choices=list(CAMPAIGNS), help="one kind; may be repeated")
    return parser


if __name__ == "__main__":
    sys.exit(main())
