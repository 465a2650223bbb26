"""``heapscim users``: lists, shows and changes single people. Every change goes through a plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import AllowRemovals, AllowUpdates, DirectoryOption, YesOption, command
from heapscim.workflows.common import Common

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heapscim.output.envelope import Result
    from heapscim.workflows.manual_change import Decide, Decision, Scene
    from heapscim.workflows.session import Session

app = typer.Typer(no_args_is_help=True, help="List, show and change single people.")

UserArgument = Annotated[str, typer.Argument(metavar="USER", help="userName or id.")]
UsersArgument = Annotated[list[str], typer.Argument(metavar="USER", help="userNames or ids.")]
GivenName = Annotated[str | None, typer.Option("--given-name", metavar="NAME", help="First name.")]
FamilyName = Annotated[str | None, typer.Option("--family-name", metavar="NAME", help="Last name.")]
Role = Annotated[str | None, typer.Option("--role", metavar="ROLE", help="Role in Heap.")]


@app.command("list")
@command("users list")
def list_users(
    common: Common,
    filter: Annotated[
        str | None, typer.Option("--filter", metavar="FILTER", help="A SCIM filter: 'userName sw \"a\"'.")
    ] = None,
) -> Result:
    """List the accounts in Heap."""
    from heapscim.workflows.session import in_session

    async def work(session: Session) -> Result:
        from heapscim.workflows.list_users import users_listing
        from heapscim.workflows.manual_change import look

        if filter is None:
            scene = await look(session)
            return users_listing(session, scene.current.users, (), scene.current.broken)
        found, by_whom = await session.tenant.search_users(filter)
        return users_listing(session, found, (f"Filtered by {by_whom}.",))

    return in_session(common, work)


@app.command("show")
@command("users show")
def show(common: Common, user: UserArgument) -> Result:
    """Show one account as Heap has it."""
    from heapscim.workflows.session import in_session

    async def work(session: Session) -> Result:
        from dataclasses import replace

        from heapscim.errors import NotFound
        from heapscim.output.facts import facts_result, flattened

        found = await session.tenant.user_of(user)
        id = session.ledger.links().id_of_user(user) if found is None else found.id
        document = None if id is None else await session.tenant.user_document(id)
        if document is None:
            raise NotFound(f"Heap has no user {user}.", hint="List what there is with `heapscim users list`.")
        shown = facts_result(document, ("attribute", "value"), flattened(document))
        if found is None or found.id not in session.ledger.links().made_by_hand.users_by_id:
            return shown
        said = f"{found.user_name} is managed by hand: sync leaves the account alone until the directory holds them."
        return replace(shown, notices=(said,))

    return in_session(common, work)


@app.command("explain")
@command("users explain")
def explain(common: Common, user: UserArgument, directory: DirectoryOption = None) -> Result:
    """Explain what a sync would do with one person, stage by stage."""
    from heapscim.workflows.session import in_session

    async def work(session: Session) -> Result:
        from heapscim.workflows.explain import explained

        return await explained(session, user, directory)

    return in_session(common, work)


@app.command("create")
@command("users create")
def create(
    common: Common,
    user: Annotated[str | None, typer.Argument(metavar="USER", help="The new userName.")] = None,
    given_name: GivenName = None,
    family_name: FamilyName = None,
    role: Role = None,
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Create everybody in this roster who has no account.")
    ] = None,
    yes: YesOption = False,
) -> Result:
    """Create one account, or with --from one for everybody in a roster who has none."""
    from heapscim.errors import UsageError

    if (user is None) == (source is None):
        raise UsageError("Say who: one userName, or --from people.csv.")

    async def work(session: Session) -> Result:
        from heapscim.workflows.manual_change import change
        from heapscim.workflows.reconcile import SyncOptions

        wanted: list[tuple[str, Mapping[str, str]]] = [(user or "", _attributes(given_name, family_name, role))]
        people = wanted if source is None else await _people_of(session, source)

        def decide(scene: Scene) -> Decision:
            return _creates(scene, people)

        return await change(session, "users create", SyncOptions(yes=yes), decide)

    from heapscim.workflows.session import in_session

    return in_session(common, work)


@app.command("update")
@command("users update")
def update(
    common: Common,
    user: UserArgument,
    given_name: GivenName = None,
    family_name: FamilyName = None,
    role: Role = None,
    yes: YesOption = False,
    allow_updates: AllowUpdates = None,
) -> Result:
    """Change names or role of one account; a userName can't be changed."""
    from heapscim.errors import UsageError

    wanted = _attributes(given_name, family_name, role)
    if not wanted:
        raise UsageError("Nothing to update.", hint="Give --given-name, --family-name or --role.")

    def decide(scene: Scene) -> Decision:
        from heapscim.model.changes import BY_HAND, UpdateUser
        from heapscim.planning.user_changes import differs

        found = scene.user(user)
        after = {path: value for path, value in wanted.items() if differs(path, value, found.attributes.get(path))}
        before = {path: found.attributes.get(path) for path in after}
        id, name = found.id, found.user_name
        made = UpdateUser(id, scene.links.external_id_of_user(id), name, before, after, BY_HAND, by_hand=True)
        return ([made] if after else []), ()

    return _changed(common, "users update", decide, [user], yes=yes, updates=allow_updates)


@app.command("deactivate")
@command("users deactivate")
def deactivate(
    common: Common, users: UsersArgument, yes: YesOption = False, allow_removals: AllowRemovals = None
) -> Result:
    """Set accounts inactive."""

    def decide(scene: Scene) -> Decision:
        from heapscim.model.changes import BY_HAND, DeactivateUser

        return [
            DeactivateUser(
                found.id,
                scene.links.external_id_of_user(found.id),
                found.user_name,
                BY_HAND,
                found.attributes.get("role"),
            )
            for found in scene.users(users)
            if found.active
        ], ()

    return _changed(common, "users deactivate", decide, users, yes=yes, removals=allow_removals)


@app.command("reactivate")
@command("users reactivate")
def reactivate(
    common: Common, users: UsersArgument, yes: YesOption = False, allow_updates: AllowUpdates = None
) -> Result:
    """Set accounts active again."""

    def decide(scene: Scene) -> Decision:
        from heapscim.model.changes import BY_HAND, ReactivateUser

        return [
            ReactivateUser(
                found.id,
                scene.links.external_id_of_user(found.id),
                found.user_name,
                {},
                {},
                BY_HAND,
                found.attributes.get("role"),
            )
            for found in scene.users(users)
            if not found.active
        ], ()

    return _changed(common, "users reactivate", decide, users, yes=yes, updates=allow_updates)


def _changed(
    common: Common,
    name: str,
    decide: Decide,
    named: list[str],
    *,
    yes: bool,
    removals: int | None = None,
    updates: int | None = None,
) -> Result:
    from heapscim.planning.guards import Allowances
    from heapscim.workflows.manual_change import change
    from heapscim.workflows.reconcile import SyncOptions
    from heapscim.workflows.session import in_session

    async def work(session: Session) -> Result:
        options = SyncOptions(yes=yes, allowances=Allowances(removals, updates))
        return await change(session, name, options, decide, named=named)

    return in_session(common, work)


def _attributes(given_name: str | None, family_name: str | None, role: str | None) -> dict[str, str]:
    values = {"name.givenName": given_name, "name.familyName": family_name, "role": role}
    return {path: value for path, value in values.items() if value}


def _creates(scene: Scene, wanted: Sequence[tuple[str, Mapping[str, str]]]) -> Decision:
    from heapscim.model.changes import BY_HAND, CreateUser
    from heapscim.model.state import match_key

    new = [(name, attributes) for name, attributes in wanted if match_key(name) not in scene.current.users_by_key]
    there = len(wanted) - len(new)
    notices = [f"{there} of {len(wanted)} have an account already; left as they are."] if there else []
    made = [CreateUser(scene.id_for_user(name), name, values, BY_HAND, by_hand=True) for name, values in new]
    return made, notices


async def _people_of(session: Session, source: Path) -> list[tuple[str, Mapping[str, str]]]:
    """Everybody active in a roster; raises DirectoryError where two would have one userName, or somebody none."""
    from heapscim.directory.registry import forms, is_file, open_directory
    from heapscim.errors import UsageError
    from heapscim.workflows.open_directory import opening_of
    from heapscim.workflows.reconcile import decide_desired

    if not is_file(str(source)):
        raise UsageError(f"--from {source} is no roster.", hint=f"It takes {forms(files=True)}.")
    roster = open_directory(str(source), lambda kind: opening_of(session.common.profile, session.profile, kind))
    snapshot = await roster.read(lambda _read, _of: None)
    return [(user.user_name, user.attributes) for user in decide_desired(session, snapshot, "all").users]
