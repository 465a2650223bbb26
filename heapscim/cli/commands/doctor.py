"""``heapscim doctor``: checks every part of a set-up, and says what to do where one is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import YesOption, command

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.context import Context

app = typer.Typer()


@app.command("doctor")
@command("doctor")
def doctor(
    context: Context,
    write_probe: Annotated[
        bool,
        typer.Option(
            "--write-probe",
            help="Instead, find out what this tenant does with throw-away accounts and a group, remove them again, and "
            "keep the result in the profile's [dialect]. Asks first.",
        ),
    ] = False,
    probe_address: Annotated[
        str | None,
        typer.Option(
            "--probe-address", metavar="EMAIL", help="The address of the throw-away accounts: one that no one uses."
        ),
    ] = None,
    probe_role: Annotated[
        str | None, typer.Option("--probe-role", metavar="ROLE", help="A role that the throw-away accounts may have.")
    ] = None,
    yes: YesOption = False,
) -> Result:
    """Check every part: token, files, network, Heap, directory and ledger."""
    from heapscim.errors import UsageError

    if write_probe:
        from heapscim.workflows.after_run import Following, followed
        from heapscim.workflows.write_probe import ProbeOptions, probe_by_writing, probe_result

        options = ProbeOptions(probe_address, probe_role, yes=yes)

        def body(context: Context) -> Result:
            return probe_result(probe_by_writing(context, options))

        return followed(context, "doctor", body, Following(sends_news=False))
    if probe_address is not None or probe_role is not None or yes:
        raise UsageError("--probe-address, --probe-role and --yes need --write-probe.", hint="Give it as well.")
    from heapscim.workflows.doctor import examine
    from heapscim.workflows.write_probe import offer_removal

    offer_removal(context)
    return examine(context)
