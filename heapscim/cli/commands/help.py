"""``heapscim help``: shows a page of the documentation, or the help of a command, without a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import command

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.context import Context

app = typer.Typer()


@app.command("help")
@command("help")
def show_help(
    context: Context,  # noqa: ARG001 - every command has one
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="TOPIC", help="A topic, such as rosters, or a command. Without it: a list of both."),
    ] = None,
) -> Result:
    """Show a page on rosters, settings, exit codes and others, or a command's help."""
    from heapscim.cli.app import help_of
    from heapscim.output.envelope import Result
    from heapscim.output.pages import show_lines, show_page
    from heapscim.output.tables import Table
    from heapscim.workflows.help_topics import topic_text, topics

    named = " ".join(words or ())
    told = help_of(named.split())
    if told is None:
        page = topic_text(named)
        return Result({"topic": named, "text": page}, show=lambda screen: show_page(page, screen))
    titles = {} if named else topics()
    rows = tuple(titles.items())
    listed = [f"  {name:<14}{title}" for name, title in rows]
    text = "\n".join((told, *(("", "Topics of `heapscim help TOPIC`:", *listed) if rows else ())))
    data = {"topic": named or None, "text": text, "topics": titles}
    return Result(data, Table(("topic", "title"), rows) if rows else None, lambda screen: show_lines(text, screen))
