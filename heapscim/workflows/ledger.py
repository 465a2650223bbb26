"""Proves a ledger, and tells the head of its chain. Reads only the ledger: no token, no request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from heapscim.errors import UsageError
from heapscim.ledger.entries import ChainHead
from heapscim.model.phrases import reason_of
from heapscim.output.change_labels import counted
from heapscim.output.envelope import Result
from heapscim.output.facts import facts_table
from heapscim.output.history.view import show_proof
from heapscim.output.progress import progress_bar
from heapscim.workflows import exit_codes
from heapscim.workflows.context import Context
from heapscim.workflows.profiles import read_profile

_HASH = re.compile("[0-9a-f]{64}")


def verify(context: Context, noted: str | None = None) -> Result:
    """Proves that nobody has changed the ledger; ``noted`` is a head that was written down, or a file of heads."""
    heads = () if noted is None else tuple(noted_heads(noted))
    tenant = read_profile(context.settings_file).base_url
    with closing(context.ledger.inspect(tenant)) as ledger, progress_bar(context.screen, "Checking the log"):
        proof = ledger.prove(noted=heads)
    data = {"whole": not proof.problems, **asdict(proof)}
    return Result(
        data,
        facts_table(data),
        show=lambda screen: show_proof(proof, screen),
        exit_code=exit_codes.ERROR if proof.problems else exit_codes.DONE,
    )


def head(context: Context) -> Result:
    """Tells the head of the chain of events: its number, and its hash, in one line to be kept elsewhere."""
    with closing(context.ledger.open(read_profile(context.settings_file).base_url)) as ledger:
        found = ledger.head()
    data = {"number": found.number, "hash": found.hash}
    return Result(data, facts_table(data), show=lambda screen: screen.print(f"{found.number} {found.hash}"))


def noted_heads(noted: str) -> Iterator[ChainHead]:
    """Yields the heads that a hash or a file names: the last word of each line, after its number if that is there.

    Raises UsageError for a line without a hash, and for a file that has no line or can't be read.
    """
    try:
        lines = [noted] if _HASH.fullmatch(noted) else Path(noted).read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        why = reason_of(error) if isinstance(error, OSError) else "it isn't UTF-8"
        raise UsageError(
            f"{noted} is neither a head nor a file that can be read: {why}.",
            hint="A head is 64 hexadecimal digits, as `heapscim ledger head` prints them.",
        ) from error
    filled = [(number, line.split()) for number, line in enumerate(lines, 1) if line.strip()]
    if not filled:
        raise UsageError(f"{noted} holds no head.", hint="Each line ends with a head, as `heapscim ledger head` says.")
    for number, words in filled:
        if not _HASH.fullmatch(words[-1]):
            raise UsageError(
                f"Line {number} of {noted} doesn't end with a head.",
                hint=f"A head is 64 hexadecimal digits. The file has {counted(len(filled), 'line')}.",
            )
        before = words[-2] if len(words) > 1 else ""
        yield ChainHead(words[-1], int(before) if before.isascii() and before.isdigit() else None)
