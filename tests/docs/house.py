"""The map of the house: every module of the package in its room, with the first line of its docstring."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "heapscim"


@dataclass(frozen=True)
class Room:
    """Modules that belong together, from the way in to the last one."""

    title: str
    purpose: str
    folder: str
    modules: str
    """Their names, with spaces between."""

    def paths(self) -> Iterator[str]:
        """Where they are inside the package."""
        return (f"{self.folder}{name}.py" for name in self.modules.split())


ROOMS = (
    Room(
        "The ground",
        "What the rest stands on.",
        "",
        "errors caseless redaction replacing profiles private_files core_files",
    ),
    Room(
        "SCIM's words",
        "What the wire says: open and tolerant. The client needs somebody who sends its requests.",
        "scim/",
        "urns resources messages filters filter_parsing received reading ways session paging by_id client",
    ),
    Room(
        "The decision: from both sides to a plan",
        "Values and functions of values: no clock, no network, no terminal. The first of them in the order of a sync.",
        "provisioning/",
        "state own_forms name_forms as_sent scoping mapping asking observing matching namesakes situation user_changes "
        "group_changes withholding lookalikes planner afterwards foreseeing narrowing fresh_links changes plan impact "
        "reversibility counting guards past changed_back dependants new_ledger",
    ),
    Room(
        "The decision: carrying a plan out",
        "The only way to write to Heap. What it needs of the world are protocols.",
        "provisioning/",
        "target recording apply second_forms executing accounts making doubles names_kept untangling comparing "
        "members_asked verifying breaking outcomes",
    ),
    Room(
        "The decision: afterwards",
        "What a run that was cut off has left to do, the way back from one that wasn't, and the other direction.",
        "provisioning/",
        "rekeying settling claims resuming aftermath inverse inverse_users inverse_groups importing",
    ),
    Room(
        "HTTP",
        "One session for each party, and one limiter for all its requests.",
        "",
        "base_url authority answers connection_errors pacing effort retrying routing http",
    ),
    Room(
        "Heap",
        "The target of a sync, by way of the SCIM client.",
        "heap/",
        "dialect forms conversion inactive probe tenant updating member_requests memberships member_asking team_lists "
        "single_rows looking searching",
    ),
    Room(
        "Directories",
        "The sources of a sync. Each kind answers the same snapshot.",
        "directory/",
        "snapshot writing opening connecting attributes",
    ),
    Room(
        "The roster",
        "A directory that is one file.",
        "directory/",
        "roster roster_text roster_csv roster_json roster_yaml roster_tree roster_document roster_rows "
        "roster_assembly roster_adding roster_adding_csv roster_adding_document roster_scalars "
        "roster_binding replacing",
    ),
    Room(
        "JumpCloud",
        "A directory that is a service.",
        "directory/",
        "jumpcloud jumpcloud_settings jumpcloud_api jumpcloud_reading jumpcloud_adding jumpcloud_binding "
        "jumpcloud_diagnosis",
    ),
    Room(
        "The ledger",
        "What is managed, and what was ever done. One SQLite file for each profile.",
        "ledger/",
        "ledger schema database entries linking notes journal chain replaying proving pruning upgrading reading "
        "history names run_lock",
    ),
    Room("Settings, secrets, mail", "The rest of the outside world.", "", "settings credentials notify"),
    Room(
        "Showing",
        "Data to stdout, everything else to stderr. The only home of Rich and of prompt_toolkit.",
        "output/",
        "console enduring interruption text envelope tables facts plan_view plan_words result_view history_rows "
        "history_view progress import_progress picking tick_list",
    ),
    Room("The way in", "What runs before a command is known.", "", "__main__"),
    Room(
        "Speaking: the frame of every command",
        "From words on a command line to a session, and from a result to an exit code.",
        "cli/",
        "app misuse options help_pages running exit_codes stopping session directories naming_runs durations",
    ),
    Room(
        "Speaking: commands",
        "One file for each noun, and what it does where that is more than a few lines.",
        "cli/",
        "activate activating directory_secret status surveying directory_survey plan sync reconciling "
        "taken settling standing users user_listing explaining returning groups binding single importing "
        "import_choosing import_listing import_writing import_running import_report import_mailing "
        "history resume undo sandbox demo deactivate",
    ),
    Room(
        "Speaking: the Tab key",
        "Loads next to nothing, since every Tab pays for it.",
        "cli/",
        "completing completion_scripts shell_words",
    ),
    Room(
        "The sandbox: Heap",
        "A rehearsal tenant on 127.0.0.1. It shares no more than SCIM's words with the program it rehearses.",
        "sandbox/",
        "server app service store forms patching projecting own_forms lists troubles refusing described behaviour "
        "echoing faults",
    ),
    Room(
        "The sandbox: JumpCloud",
        "A rehearsal organisation beside it.",
        "sandbox/",
        "jumpcloud jumpcloud_lists jumpcloud_bulk jumpcloud_store",
    ),
)
"""From the lowest floor to the highest, as far as that is one line."""


def first_line(path: str) -> str:
    """What a module says it is."""
    said = ast.get_docstring(ast.parse((PACKAGE / path).read_text("utf-8"))) or ""
    return said.split("\n\n")[0]
