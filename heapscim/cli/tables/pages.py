"""Holds the words of every help page.

Made by ``python -m tests.docs``.
"""
# fmt: off
# ruff: noqa: E501

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from heapscim.cli.tables import Page

PAGES: dict[tuple[str, ...], Page] = {
    (): (
        "[OPTIONS] COMMAND [ARGS]...",
        "Provision people and teams in Heap over SCIM 2.0 from any directory.",
        (
            (
                "Options",
                (
                    ("--version", "Show the version and exit."),
                    (
                        "--show-completion SHELL",
                        "Print the completion script of bash, zsh, fish or powershell.",
                    ),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Commands",
                (
                    ("activate", "Connect to a Heap tenant: check the token and store it."),
                    ("status", "Show the connection: reachability, token source, managed users and groups."),
                    ("doctor", "Check every part: token, files, network, Heap, directory and ledger."),
                    ("plan", "Show what a sync would change, and why."),
                    ("sync", "Make Heap agree with the directory."),
                    ("users", "List, show and change single people."),
                    ("groups", "List, show and change single groups."),
                    ("roster", "Check a roster without a connection."),
                    ("import", "Import accounts of Heap into the directory."),
                    ("export", "Export the tenant as a roster with which a plan finds nothing to do."),
                    ("history", "Show what each run did, and prove that the log is unchanged."),
                    ("ledger", "Prove the ledger, show its head, or move it to another place."),
                    ("review", "Show who has access, with which role, through which group, since when."),
                    ("resume", "Finish a run that was cut off."),
                    ("undo", "Undo what a run did, if nothing has changed it since."),
                    ("profiles", "List, show, change and delete profiles."),
                    ("help", "Show a page on rosters, settings, exit codes and others, or a command's help."),
                    ("sandbox", "Serve a rehearsal tenant on 127.0.0.1."),
                    ("demo", "Show every step against a temporary sandbox."),
                    ("deactivate", "Disconnect: forget the token and leave Heap as it is."),
                ),
            ),
        ),
        False,
    ),
    ("activate",): (
        "[OPTIONS]",
        "Connect to a Heap tenant: check the token and store it.",
        (
            (
                "Options",
                (
                    (
                        "--base-url URL",
                        "The URL that Heap shows beside the Bearer Token. Without it, the URL and token stay as they are.",
                    ),
                    (
                        "--directory SPEC",
                        "The directory: a roster (.csv, .tsv, .yaml, .json), or jumpcloud:APPLICATION.",
                    ),
                    ("--groups / --no-groups", "Manage groups and memberships, or leave them alone."),
                    (
                        "--scope <all|groups>",
                        "Who gets an account: all people, or the members of bound groups.",
                    ),
                    ("--set KEY=VALUE", "Any other setting: jumpcloud.region=eu; repeatable."),
                    ("--token-stdin", "Read the token from standard input."),
                    (
                        "--smtp-password-stdin",
                        "Read the mail server's password from standard input, after the token.",
                    ),
                    (
                        "--ledger-password-stdin",
                        "Read the password of a shared ledger from standard input, in the last line.",
                    ),
                    ("--webhook-url-stdin", "Read the URL of the webhook for news from standard input, next."),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        True,
    ),
    ("status",): (
        "[OPTIONS]",
        "Show the connection: reachability, token source, managed users and groups.",
        (
            ("Options", (("-h, --help", "Show this message and exit."),)),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("doctor",): (
        "[OPTIONS]",
        "Check every part: token, files, network, Heap, directory and ledger.",
        (
            (
                "Options",
                (
                    (
                        "--write-probe",
                        "Instead, find out what this tenant does with throw-away accounts and a group, remove them again, and keep the result in the profile's [dialect]. Asks first.",
                    ),
                    ("--probe-address EMAIL", "The address of the throw-away accounts: one that no one uses."),
                    ("--probe-role ROLE", "A role that the throw-away accounts may have."),
                    ("-y, --yes", "Don't ask for confirmation."),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("plan",): (
        "[OPTIONS]",
        "Show what a sync would change, and why.",
        (
            (
                "Options",
                (
                    (
                        "--directory SPEC",
                        "The directory: a roster (.csv, .tsv, .yaml, .json), or jumpcloud:APPLICATION.",
                    ),
                    (
                        "--encoding NAME",
                        "The encoding of a roster file that isn't UTF-8, such as windows-1252.",
                    ),
                    ("--only USER", "Change only this person: userName, e-mail address or id."),
                    ("--out FILE", "Save the plan for `sync --plan FILE`."),
                    ("--exit-code", "End with exit code 10 if changes are pending."),
                    (
                        "--replace-renamed",
                        "Create a new account for each person whose userName changed, and deactivate the old account, which keeps their charts.",
                    ),
                    ("--allow-removals N", "Allow up to N accounts to lose access."),
                    ("--allow-updates N", "Allow up to N accounts to be updated."),
                    ("--allow-member-removals N", "Allow up to N members to leave a group."),
                    ("--allow-group-deletions N", "Allow up to N groups to be deleted."),
                    ("--allow-changed-back N", "Repeat up to N changes that others changed back twice."),
                    ("--now USER", "Don't wait for the grace of this person who left; repeatable."),
                    ("--full", "Show every change, not only the first ones of each kind."),
                    (
                        "--report FILE",
                        "Also write a report, even if this fails: .md for a comment on a pull request, or .json.",
                    ),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        True,
    ),
    ("sync",): (
        "[OPTIONS]",
        "Make Heap agree with the directory.",
        (
            (
                "Options",
                (
                    (
                        "--directory SPEC",
                        "The directory: a roster (.csv, .tsv, .yaml, .json), or jumpcloud:APPLICATION.",
                    ),
                    (
                        "--encoding NAME",
                        "The encoding of a roster file that isn't UTF-8, such as windows-1252.",
                    ),
                    ("--only USER", "Change only this person: userName, e-mail address or id."),
                    ("--plan FILE", "Apply exactly this saved plan, or nothing."),
                    ("-y, --yes", "Don't ask for confirmation."),
                    (
                        "--replace-renamed",
                        "Create a new account for each person whose userName changed, and deactivate the old account, which keeps their charts.",
                    ),
                    ("--allow-removals N", "Allow up to N accounts to lose access."),
                    ("--allow-updates N", "Allow up to N accounts to be updated."),
                    ("--allow-member-removals N", "Allow up to N members to leave a group."),
                    ("--allow-group-deletions N", "Allow up to N groups to be deleted."),
                    ("--allow-changed-back N", "Repeat up to N changes that others changed back twice."),
                    ("--now USER", "Don't wait for the grace of this person who left; repeatable."),
                    ("--full", "Show every change, not only the first ones of each kind."),
                    (
                        "--every TIME",
                        "Keep running and sync every TIME (15m), with a line for each run. Ends with the last exit code.",
                    ),
                    (
                        "--watch",
                        "Keep running and sync soon after each change in the directory, and every hour.",
                    ),
                    (
                        "--report FILE",
                        "Also write a report, even if this fails: .md for a comment on a pull request, or .json.",
                    ),
                    ("--metrics FILE", "Also write metrics for node_exporter into this .prom file."),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        True,
    ),
    ("users",): (
        "[OPTIONS] COMMAND [ARGS]...",
        "List, show and change single people.",
        (
            ("Options", (("-h, --help", "Show this message and exit."),)),
            (
                "Commands",
                (
                    ("list", "List the accounts in Heap; options combine."),
                    ("show", "Show one account as Heap has it."),
                    ("explain", "Explain what a sync would do with one person, stage by stage."),
                    ("create", "Create one account, or one for each person in a roster who has none."),
                    ("update", "Change the name or role of one account; a userName can't be changed."),
                    ("deactivate", "Deactivate accounts: those that are named, and those in a file."),
                    ("reactivate", "Reactivate accounts: those that are named, and those in a file."),
                ),
            ),
        ),
        False,
    ),
    ("users", "list"): (
        "[OPTIONS]",
        "List the accounts in Heap; options combine.",
        (
            (
                "Options",
                (
                    ("--filter FILTER", "A SCIM filter: 'userName sw \"a\"'."),
                    ("--role ROLE", "List those with this role; '' for those without one."),
                    ("--active / --inactive", "List those who can sign in, or those who can't."),
                    ("--managed / --unmanaged", "List managed accounts (also by hand), or the others."),
                    ("--limit N", "List the first N alone."),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("users", "show"): (
        "[OPTIONS] USER",
        "Show one account as Heap has it.",
        (
            ("Arguments", (("USER", "userName, e-mail address or id."),)),
            ("Options", (("-h, --help", "Show this message and exit."),)),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("users", "explain"): (
        "[OPTIONS] USER",
        "Explain what a sync would do with one person, stage by stage.",
        (
            ("Arguments", (("USER", "userName, e-mail address or id."),)),
            (
                "Options",
                (
                    (
                        "--directory SPEC",
                        "The directory: a roster (.csv, .tsv, .yaml, .json), or jumpcloud:APPLICATION.",
                    ),
                    (
                        "--encoding NAME",
                        "The encoding of a roster file that isn't UTF-8, such as windows-1252.",
                    ),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        True,
    ),
    ("users", "create"): (
        "[OPTIONS] [USER]",
        "Create one account, or one for each person in a roster who has none.",
        (
            ("Arguments", (("USER", "The new userName."),)),
            (
                "Options",
                (
                    ("--given-name NAME", "First name."),
                    ("--family-name NAME", "Last name."),
                    ("--role ROLE", "Role in Heap."),
                    ("--from FILE", "Create accounts for the people in this roster who have none."),
                    (
                        "--encoding NAME",
                        "The encoding of a roster file that isn't UTF-8, such as windows-1252.",
                    ),
                    ("-y, --yes", "Don't ask for confirmation."),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("users", "update"): (
        "[OPTIONS] USER",
        "Change the name or role of one account; a userName can't be changed.",
        (
            ("Arguments", (("USER", "userName, e-mail address or id."),)),
            (
                "Options",
                (
                    ("--given-name NAME", "First name."),
                    ("--family-name NAME", "Last name."),
                    ("--role ROLE", "Role in Heap."),
                    ("-y, --yes", "Don't ask for confirmation."),
                    ("--allow-updates N", "Allow up to N accounts to be updated."),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("users", "deactivate"): (
        "[OPTIONS] [USER...]",
        "Deactivate accounts: those that are named, and those in a file.",
        (
            ("Arguments", (("USER...", "userNames, e-mail addresses or ids."),)),
            (
                "Options",
                (
                    (
                        "--from FILE",
                        "Read userNames from this file, too: one in each line, or a CSV with a column userName or email. - is standard input.",
                    ),
                    ("-y, --yes", "Don't ask for confirmation."),
                    ("--allow-removals N", "Allow up to N accounts to lose access."),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("users", "reactivate"): (
        "[OPTIONS] [USER...]",
        "Reactivate accounts: those that are named, and those in a file.",
        (
            ("Arguments", (("USER...", "userNames, e-mail addresses or ids."),)),
            (
                "Options",
                (
                    (
                        "--from FILE",
                        "Read userNames from this file, too: one in each line, or a CSV with a column userName or email. - is standard input.",
                    ),
                    ("-y, --yes", "Don't ask for confirmation."),
                    ("--allow-updates N", "Allow up to N accounts to be updated."),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("groups",): (
        "[OPTIONS] COMMAND [ARGS]...",
        "List, show and change single groups.",
        (
            ("Options", (("-h, --help", "Show this message and exit."),)),
            (
                "Commands",
                (
                    ("list", "List the groups in Heap, or those of the directory."),
                    ("show", "Show one group with its members."),
                    ("create", "Create a group with its first members; Heap gets no empty groups."),
                    ("rename", "Rename a group."),
                    ("add", "Add people to a group: those who are named, and those in a file."),
                    ("remove", "Remove people from a group: those who are named, and those in a file."),
                    ("delete", "Delete a group; its members stay users."),
                    (
                        "bind",
                        "Connect a group of the directory to Heap: the next sync provisions its members.",
                    ),
                    (
                        "unbind",
                        "Disconnect a group of the directory: the next sync deactivates members that no other bound group holds.",
                    ),
                ),
            ),
        ),
        False,
    ),
    ("groups", "list"): (
        "[OPTIONS]",
        "List the groups in Heap, or those of the directory.",
        (
            (
                "Options",
                (
                    (
                        "--directory",
                        "List the directory's groups instead, and which of them are bound to Heap.",
                    ),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("groups", "show"): (
        "[OPTIONS] GROUP",
        "Show one group with its members.",
        (
            ("Arguments", (("GROUP", "Name or id."),)),
            ("Options", (("-h, --help", "Show this message and exit."),)),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("groups", "create"): (
        "[OPTIONS] NAME USER...",
        "Create a group with its first members; Heap gets no empty groups.",
        (
            (
                "Arguments",
                (("NAME", "The new group's name."), ("USER...", "userNames, e-mail addresses or ids.")),
            ),
            (
                "Options",
                (("-y, --yes", "Don't ask for confirmation."), ("-h, --help", "Show this message and exit.")),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("groups", "rename"): (
        "[OPTIONS] GROUP NEW_NAME",
        "Rename a group.",
        (
            ("Arguments", (("GROUP", "Name or id."), ("NEW_NAME", "The group's new name."))),
            (
                "Options",
                (("-y, --yes", "Don't ask for confirmation."), ("-h, --help", "Show this message and exit.")),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("groups", "add"): (
        "[OPTIONS] GROUP [USER...]",
        "Add people to a group: those who are named, and those in a file.",
        (
            ("Arguments", (("GROUP", "Name or id."), ("USER...", "userNames, e-mail addresses or ids."))),
            (
                "Options",
                (
                    (
                        "--from FILE",
                        "Read userNames from this file, too: one in each line, or a CSV with a column userName or email. - is standard input.",
                    ),
                    ("-y, --yes", "Don't ask for confirmation."),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("groups", "remove"): (
        "[OPTIONS] GROUP [USER...]",
        "Remove people from a group: those who are named, and those in a file.",
        (
            ("Arguments", (("GROUP", "Name or id."), ("USER...", "userNames, e-mail addresses or ids."))),
            (
                "Options",
                (
                    (
                        "--from FILE",
                        "Read userNames from this file, too: one in each line, or a CSV with a column userName or email. - is standard input.",
                    ),
                    ("-y, --yes", "Don't ask for confirmation."),
                    ("--allow-member-removals N", "Allow up to N members to leave a group."),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("groups", "delete"): (
        "[OPTIONS] GROUP",
        "Delete a group; its members stay users.",
        (
            ("Arguments", (("GROUP", "Name or id."),)),
            (
                "Options",
                (("-y, --yes", "Don't ask for confirmation."), ("-h, --help", "Show this message and exit.")),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("groups", "bind"): (
        "[OPTIONS] GROUP",
        "Connect a group of the directory to Heap: the next sync provisions its members.",
        (
            ("Arguments", (("GROUP", "Name or id in the directory."),)),
            (
                "Options",
                (
                    (
                        "--directory SPEC",
                        "The directory: a roster (.csv, .tsv, .yaml, .json), or jumpcloud:APPLICATION.",
                    ),
                    ("-y, --yes", "Don't ask for confirmation."),
                    ("--allow-removals N", "Allow up to N accounts to lose access."),
                    ("--allow-updates N", "Allow up to N accounts to be updated."),
                    ("--allow-member-removals N", "Allow up to N members to leave a group."),
                    ("--allow-group-deletions N", "Allow up to N groups to be deleted."),
                    ("--full", "Show every change, not only the first ones of each kind."),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        True,
    ),
    ("groups", "unbind"): (
        "[OPTIONS] GROUP",
        "Disconnect a group of the directory: the next sync deactivates members that no other bound group holds.",
        (
            ("Arguments", (("GROUP", "Name or id in the directory."),)),
            (
                "Options",
                (
                    (
                        "--directory SPEC",
                        "The directory: a roster (.csv, .tsv, .yaml, .json), or jumpcloud:APPLICATION.",
                    ),
                    ("-y, --yes", "Don't ask for confirmation."),
                    ("--allow-removals N", "Allow up to N accounts to lose access."),
                    ("--allow-updates N", "Allow up to N accounts to be updated."),
                    ("--allow-member-removals N", "Allow up to N members to leave a group."),
                    ("--allow-group-deletions N", "Allow up to N groups to be deleted."),
                    ("--full", "Show every change, not only the first ones of each kind."),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        True,
    ),
    ("roster",): (
        "[OPTIONS] COMMAND [ARGS]...",
        "Check a roster without a connection.",
        (
            ("Options", (("-h, --help", "Show this message and exit."),)),
            (
                "Commands",
                (
                    (
                        "check",
                        "Check a roster file: without token, tenant or connection, for CI and pre-commit.",
                    ),
                ),
            ),
        ),
        False,
    ),
    ("roster", "check"): (
        "[OPTIONS] FILE",
        "Check a roster file: without token, tenant or connection, for CI and pre-commit.\n\nIf the profile exists, its settings count.",
        (
            ("Arguments", (("FILE", "The roster; - reads standard input."),)),
            (
                "Options",
                (
                    (
                        "--encoding NAME",
                        "The encoding of a roster file that isn't UTF-8, such as windows-1252.",
                    ),
                    ("--set KEY=VALUE", "Check with this setting: mapping.userName=email; repeatable."),
                    ("--strict", "End with exit code 1 if there are notices, too."),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("import",): (
        "[OPTIONS]",
        "Import accounts of Heap into the directory.",
        (
            (
                "Options",
                (
                    ("--user USER", "Import this account or person, or all that match '*@x.org'; repeatable."),
                    ("--all", "Import all new accounts."),
                    (
                        "--from FILE",
                        "Import the accounts named in this file, one a line or a CSV column; - reads standard input.",
                    ),
                    ("--list", "List all accounts and import none."),
                    ("--new-only", "List only the new accounts."),
                    ("--sort <userName|name|role|status>", "The order of the list.  [default: status]"),
                    ("--group GROUP", "Put the imported people into this bound group."),
                    (
                        "--into FILE",
                        "Write into this roster instead of the directory; it is created if needed.",
                    ),
                    ("--with-role", "Write roles, too: from then on, the directory decides them."),
                    (
                        "--directory SPEC",
                        "The directory: a roster (.csv, .tsv, .yaml, .json), or jumpcloud:APPLICATION.",
                    ),
                    (
                        "--encoding NAME",
                        "The encoding of a roster file that isn't UTF-8, such as windows-1252.",
                    ),
                    ("-y, --yes", "Don't ask for confirmation."),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        True,
    ),
    ("export",): (
        "[OPTIONS]",
        "Export the tenant as a roster with which a plan finds nothing to do.",
        (
            (
                "Options",
                (
                    (
                        "--out FILE",
                        "Write this roster (.yaml, .json, .csv, .tsv); without it or with -, stdout.",
                    ),
                    ("-y, --yes", "Don't ask for confirmation."),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("history",): (
        "[OPTIONS] [RUN]",
        "Show what each run did, and prove that the log is unchanged.",
        (
            (
                "Arguments",
                (("RUN", "Show each change of this run: its name or the beginning of it, or last."),),
            ),
            (
                "Options",
                (
                    ("--since WHEN", "Show runs since then: 2025-03-01, or 7d, 12h, 30m."),
                    (
                        "--user USER",
                        "Show what was done to this person or group, memberships included: a name, an id, or an e-mail address that was sent to Heap.",
                    ),
                    ("--verify", "Prove that nobody has changed the ledger, as `ledger verify` does."),
                    ("--head HASH|FILE", "With --verify: check that noted heads are still in the chain."),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("ledger",): (
        "[OPTIONS] COMMAND [ARGS]...",
        "Prove the ledger, show its head, or move it to another place.",
        (
            ("Options", (("-h, --help", "Show this message and exit."),)),
            (
                "Commands",
                (
                    ("verify", "Prove that nobody has changed the ledger by other means."),
                    (
                        "move",
                        "Move the ledger with its whole proof to a database that machines share, or back to this machine.",
                    ),
                    (
                        "head",
                        "Show the head of the ledger, to be kept elsewhere: the number and the hash of its newest event.",
                    ),
                ),
            ),
        ),
        False,
    ),
    ("ledger", "verify"): (
        "[OPTIONS]",
        "Prove that nobody has changed the ledger by other means.",
        (
            (
                "Options",
                (
                    (
                        "--head HASH|FILE",
                        "Check that this head, or each head in this file, is still part of the ledger.",
                    ),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("ledger", "move"): (
        "[OPTIONS] URL",
        "Move the ledger with its whole proof to a database that machines share, or back to this machine.",
        (
            ("Arguments", (("URL", "Where to: postgresql://USER@HOST/DATABASE, or local for this machine."),)),
            ("Options", (("-h, --help", "Show this message and exit."),)),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("ledger", "head"): (
        "[OPTIONS]",
        "Show the head of the ledger, to be kept elsewhere: the number and the hash of its newest event.",
        (
            ("Options", (("-h, --help", "Show this message and exit."),)),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("review",): (
        "[OPTIONS]",
        "Show who has access, with which role, through which group, since when.",
        (
            (
                "Options",
                (
                    (
                        "--since WHEN",
                        "Begin the period of joiners, leavers and role changes then: 2025-03-01, or 30d, 2w. 90d without it.",
                    ),
                    ("--until WHEN", "End the period before then; it ends now without this."),
                    (
                        "--changes",
                        "List the joiners, leavers and role changes of the period instead of people.",
                    ),
                    ("--html FILE", "Write the whole review as one page for a browser."),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("resume",): (
        "[OPTIONS] RUN",
        "Finish a run that was cut off.",
        (
            (
                "Arguments",
                (
                    (
                        "RUN",
                        "The run's name in history or the beginning of it, or last; it must be the newest that changed Heap. What may have been done is looked up first; what failed is tried again.",
                    ),
                ),
            ),
            (
                "Options",
                (
                    ("-y, --yes", "Don't ask for confirmation."),
                    ("--allow-removals N", "Allow up to N accounts to lose access."),
                    ("--allow-updates N", "Allow up to N accounts to be updated."),
                    ("--allow-member-removals N", "Allow up to N members to leave a group."),
                    ("--allow-group-deletions N", "Allow up to N groups to be deleted."),
                    ("--full", "Show every change, not only the first ones of each kind."),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("undo",): (
        "[OPTIONS] RUN",
        "Undo what a run did, if nothing has changed it since.",
        (
            ("Arguments", (("RUN", "The run's name in history or the beginning of it, or last."),)),
            (
                "Options",
                (
                    ("-y, --yes", "Don't ask for confirmation."),
                    ("--allow-removals N", "Allow up to N accounts to lose access."),
                    ("--allow-updates N", "Allow up to N accounts to be updated."),
                    ("--allow-member-removals N", "Allow up to N members to leave a group."),
                    ("--allow-group-deletions N", "Allow up to N groups to be deleted."),
                    ("--full", "Show every change, not only the first ones of each kind."),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("profiles",): (
        "[OPTIONS] COMMAND [ARGS]...",
        "List, show, change and delete profiles.",
        (
            ("Options", (("-h, --help", "Show this message and exit."),)),
            (
                "Commands",
                (
                    (
                        "list",
                        "List the profiles: tenant, directory, last run, and whether they are connected.",
                    ),
                    ("show", "Show every setting of a profile, and whether it is set or the default."),
                    ("set", "Change settings of a profile: all that are given, or none if one is wrong."),
                    ("unset", "Put settings of a profile back to their defaults."),
                    ("delete", "Delete a profile's settings, token and ledger, and leave Heap as it is."),
                ),
            ),
        ),
        False,
    ),
    ("profiles", "list"): (
        "[OPTIONS]",
        "List the profiles: tenant, directory, last run, and whether they are connected.",
        (
            ("Options", (("-h, --help", "Show this message and exit."),)),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("profiles", "show"): (
        "[OPTIONS] [PROFILE]",
        "Show every setting of a profile, and whether it is set or the default.",
        (
            ("Arguments", (("PROFILE", "The profile; without it, the one of --profile."),)),
            ("Options", (("-h, --help", "Show this message and exit."),)),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("profiles", "set"): (
        "[OPTIONS] KEY=VALUE...",
        "Change settings of a profile: all that are given, or none if one is wrong.",
        (
            ("Arguments", (("KEY=VALUE...", "Settings, such as limits.removal_share=0.05."),)),
            ("Options", (("-h, --help", "Show this message and exit."),)),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("profiles", "unset"): (
        "[OPTIONS] KEY...",
        "Put settings of a profile back to their defaults.",
        (
            ("Arguments", (("KEY...", "Settings or tables, such as limits.removal_share."),)),
            ("Options", (("-h, --help", "Show this message and exit."),)),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("profiles", "delete"): (
        "[OPTIONS] PROFILE",
        "Delete a profile's settings, token and ledger, and leave Heap as it is.",
        (
            ("Arguments", (("PROFILE", "The profile."),)),
            (
                "Options",
                (("-y, --yes", "Don't ask for confirmation."), ("-h, --help", "Show this message and exit.")),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("help",): (
        "[OPTIONS] [TOPIC...]",
        "Show a page on rosters, settings, exit codes and others, or a command's help.",
        (
            (
                "Arguments",
                (("TOPIC...", "A topic, such as rosters, or a command. Without it: a list of both."),),
            ),
            ("Options", (("-h, --help", "Show this message and exit."),)),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("sandbox",): (
        "[OPTIONS]",
        "Serve a rehearsal tenant on 127.0.0.1.",
        (
            (
                "Options",
                (
                    ("--port NUMBER", "The port; 0 takes a free one.  [default: 0; 0<=x<=65535]"),
                    ("--tenant NUMBER", "The number at the end of the Base URL.  [default: 1234567]"),
                    ("--seed FILE", "Start with the users and groups in this file."),
                    ("--state FILE", "Keep all data in this file between runs."),
                    ("--latency TIME", "Delay each response: 50ms, 1s.  [default: 0ms]"),
                    ("--dialect KEY=VALUE", "Change how Heap behaves; repeatable."),
                    ("--with-jumpcloud", "Serve a rehearsal JumpCloud as well, with a small organisation."),
                    ("--jumpcloud KEY=VALUE", "Change how JumpCloud behaves; repeatable."),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("demo",): (
        "[OPTIONS]",
        "Show every step against a temporary sandbox.",
        (
            ("Options", (("-h, --help", "Show this message and exit."),)),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
    ("deactivate",): (
        "[OPTIONS]",
        "Disconnect: forget the token and leave Heap as it is.",
        (
            (
                "Options",
                (
                    ("--delete-profile", "Also delete the profile's settings and ledger."),
                    ("-y, --yes", "Don't ask for confirmation."),
                    ("-h, --help", "Show this message and exit."),
                ),
            ),
            (
                "Common options",
                (
                    (
                        "--profile NAME",
                        "The connection to use.  [env var: HEAPSCIM_PROFILE; default: default]",
                    ),
                    (
                        "-o, --output <table|json|csv>",
                        "The output format.  [env var: HEAPSCIM_OUTPUT; default: table]",
                    ),
                    ("-q, --quiet", "Print only data, errors, and in one line what changed."),
                    ("--no-pager", "Print long output without a pager."),
                    ("--debug", "Print each request on stderr, without the token."),
                ),
            ),
        ),
        False,
    ),
}
