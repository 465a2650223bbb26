"""The Tab key: what is offered where, and the real shells that offer it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from heapscim.cli.completion.answer import candidates
from heapscim.cli.completion.scripts import SCRIPTS
from heapscim.cli.completion.shell_words import current_word, quoted_for, split_words
from heapscim.cli.tables.words import WORDS
from heapscim.sandbox.server import Sandbox
from tests.cli.shells import COMPLETIONS, TypedShell, fish_offers, shell_environment, shell_path, typed_bash, typed_zsh
from tests.conftest import CommandLine
from tests.docs.completions import completion_table
from tests.docs.tables import modules
from tests.fakes.kinds import install
from tests.fakes.ledgers import remember
from tests.fakes.patience import PATIENCE

AGAIN = "Run `python -m tests.docs` and commit what it writes."


def test_the_tables_are_what_the_app_says() -> None:
    for path, text in modules(completion_table()).items():
        assert path.read_text("utf-8") == text, AGAIN


def test_the_scripts_are_those_that_the_program_prints(heapscim: CommandLine) -> None:
    for shell, script in SCRIPTS.items():
        assert (COMPLETIONS / script.file).read_text("utf-8") == script.text, AGAIN
        assert heapscim("--show-completion", shell).stdout == script.text


def _names(kind: str, profile: str, word: str) -> list[str]:
    return [f"{word}…{kind} of {profile}"]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("dea", ["deactivate"]),
        ("users re", ["reactivate"]),
        ("users show ", ["…users of default"]),
        ("users show --profile prod a", ["a…users of prod"]),
        ("users show --profile=prod a", ["a…users of prod"]),
        ("users --nothing show a", ["a…users of default"]),
        ("users show a b", []),
        ("users deactivate a b", ["b…users of default"]),
        ("groups show -- -x", ["-x…groups of default"]),
        ("groups add Design a", ["a…users of default"]),
        ("plan --only gr", ["gr…users of default"]),
        ("status --profile p", ["p…profiles of default"]),
        ("status --profile=p", ["--profile=p…profiles of default"]),
        ("status -o ", ["table", "json", "csv"]),
        ("status --output=c", ["--output=csv"]),
        ("status --quiet=c", []),
        ("status --nowhere=c", []),
        ("status --qu", ["--quiet"]),
        ("status x", []),
        ("status ", ["--profile", "--output", "--quiet", "--no-pager", "--debug", "--help"]),
        ("groups create ", []),
        ("activate --no-g", ["--no-groups"]),
        ("activate --set limits.removal_s", ["limits.removal_share="]),
        ("activate --set=scope=g", ["--set=scope=groups"]),
        ("activate --set dialect.media_type=application/s", ["dialect.media_type=application/scim+json"]),
        ("activate --set limits.removal_share=0", []),
        ("activate --set base_u", []),
        ("profiles set scope=all manage_groups=f", ["manage_groups=false"]),
        ("profiles set jumpcloud.region=", ["jumpcloud.region=us", "jumpcloud.region=eu", "jumpcloud.region=in"]),
        ("profiles unset http.retries limits.removal_s", ["limits.removal_share"]),
        ("profiles show p", ["p…profiles of default"]),
        ("sandbox --dialect rename", ["rename_form="]),
        ("sandbox --dialect inactive=o", ["inactive=omitted"]),
        ("sandbox --jumpcloud bul", ["bulk="]),
        ("users update ada --role A", ["A…roles of default"]),
        ("undo l", ["l…runs of default"]),
        ("history --profile prod 2", ["2…runs of prod"]),
        ("plan --encoding win", ["windows-1252", "windows-1250", "windows-1251"]),
        ("roster check --encoding=utf-1", ["--encoding=utf-16"]),
        ("profiles set roster.encoding=mac", ["roster.encoding=mac-roman"]),
        ("help ros", ["rosters", "roster"]),
        ("plan --directory p", ["p…kinds of default:", "p…files of default"]),
        ("plan --directory=p", ["--directory=p…kinds of default:", "--directory=p…files of default"]),
    ],
)
def test_what_is_offered(line: str, offered: list[str]) -> None:
    found = candidates(split_words(line)[0], completion_table(), _names, None)
    assert [value for value, _ in found or ()] == offered


def test_files_are_left_to_the_shell() -> None:
    assert candidates(["plan", "--out", "pl"], completion_table(), _names, None) is None
    assert candidates(["plan", "--out=pl"], completion_table(), _names, None) is None
    assert candidates(["users", "deactivate", "--from", "le"], completion_table(), _names, None) is None
    assert candidates(["groups", "add", "Design", "--from", "le"], completion_table(), _names, None) is None


def test_the_environment_names_the_profile_unless_the_line_does() -> None:
    def of(*words: str) -> list[tuple[str, str]] | None:
        return candidates(words, completion_table(), _names, "prod")

    assert of("users", "show", "a") == [("a…users of prod", "")]
    assert of("users", "show", "--profile", "test", "a") == [("a…users of test", "")]


@pytest.mark.parametrize(
    ("line", "words", "quote"),
    [
        ("heapscim  users ", ["heapscim", "users", ""], ""),
        (r"a b\ c", ["a", "b c"], ""),
        ("a 'b c", ["a", "b c"], "'"),
        ('a "b \\"c\\d', ["a", 'b "c\\d'], '"'),
        ("a ''", ["a", ""], ""),
    ],
)
def test_a_line_is_split_as_a_shell_does(line: str, words: list[str], quote: str) -> None:
    assert split_words(line) == (words, quote)


@pytest.mark.parametrize(
    ("shell", "value", "word", "on_the_line"),
    [
        ("bash", "ada@x.org", current_word("ada@x", "", "@:="), "@x.org"),
        ("bash", "--output=json", current_word("--output=j", "", "@:="), "json"),
        ("bash", "Ops: night", current_word("Ops", "", "@:="), r"Ops:\ night"),
        ("bash", "$(rm)", current_word("", "", "@:="), r"\$\(rm\)"),
        ("bash", "a$b`c", ('"', ""), r"a\$b\`c"),
        ("bash", "o'b", ("'", ""), r"o'\''b"),
        ("powershell", "o'b c", ("", ""), "'o''b c'"),
        ("powershell", "ada@x.org", ("", ""), "ada@x.org"),
        ("fish", "o'b c", ("", ""), "o'b c"),
    ],
)
def test_a_candidate_is_quoted_as_its_shell_needs(
    shell: str, value: str, word: tuple[str, str], on_the_line: str
) -> None:
    assert quoted_for(shell, value, word) == on_the_line


def _answer(folder: Path, shell: str, *words: str, **environ: str) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, "-m", "heapscim", *words],
        env={**shell_environment(folder), "_HEAPSCIM_COMPLETE": shell, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        cwd=folder,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def test_names_that_a_terminal_would_obey_are_not_offered(tmp_path: Path) -> None:
    remember(tmp_path, "default", ["ada@x.org", "a\x1b[2Jb", "a\nb", "a\u202eb"])
    assert _answer(tmp_path, "zsh", "users", "show", "a") == (0, ["words", "ada@x.org"])


def test_there_is_no_error_where_nothing_can_be_read(tmp_path: Path) -> None:
    assert _answer(tmp_path, "zsh", "users", "show", "a") == (0, ["words"])
    assert _answer(tmp_path, "zsh", "status", "--profile", "") == (0, ["words"])
    assert _answer(tmp_path, "zsh", "users", "show", "--profile", "../x", "a") == (0, ["words"])
    broken = tmp_path / "state" / "ledgers" / "default.names"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"ua\xff\tada@x.org\n" * 100)
    assert _answer(tmp_path, "zsh", "users", "show", "a") == (0, ["words"])


@pytest.mark.parametrize(
    ("word", "offered"),
    [
        ("j", ["words", "jumpcloud:", "juniper:"]),
        ("ju", ["words", "juniper:", "jumpcloud:"]),
        ("jun", ["words", "juniper:"]),
        ("juniper:x", ["words"]),
        ("ros", ["files"]),
        ("C:x", ["files"]),
        ("", ["files"]),
    ],
)
def test_every_installed_kind_is_offered_without_loading_it(tmp_path: Path, word: str, offered: list[str]) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    install(packages, "juniper", "raise SystemExit('it was loaded')")
    code, lines = _answer(tmp_path, "zsh", "plan", "--directory", word, PYTHONPATH=str(packages))
    assert (code, sorted(lines)) == (0, sorted(offered))


def test_files_are_offered_beside_the_kinds_that_a_word_begins(remembered: Path) -> None:
    (remembered / "jo\nin.csv").touch()
    (remembered / os.fsdecode(b"j\xff.csv")).touch()
    expected = ["words", "jumpcloud:", "jo in's.csv", "joiners.csv", "june/"]
    assert _answer(remembered, "zsh", "plan", "--directory", "j") == (0, expected)
    assert _answer(remembered, "powershell", "plan", "--directory", ".j")[1][2] == "'jo in''s.csv'"


def test_powershell_sends_the_word_behind_a_dot(tmp_path: Path) -> None:
    remember(tmp_path, "default", groups=["Design Team"])
    assert _answer(tmp_path, "powershell", "groups", "show", ".") == (0, ["words", "'Design Team'"])
    code, lines = _answer(tmp_path, "powershell", ".dea")
    assert (code, lines) == (0, ["words", "deactivate\tDisconnect: forget the token and leave Heap as it is."])


def test_a_shell_that_asks_wrongly_gets_nothing(tmp_path: Path) -> None:
    assert _answer(tmp_path, "bash", "heapscim") == (1, [])


RUN = "20261127-164200-ab12"
TYPED = [
    ("heapscim undo la", ["heapscim", "undo", "last"]),
    ("heapscim history 2026", ["heapscim", "history", RUN]),
    ("heapscim users update ada@x.org --role An", ["heapscim", "users", "update", "ada@x.org", "--role", "Analyst"]),
    ("heapscim profiles set limits.removal_s", ["heapscim", "profiles", "set", "limits.removal_share="]),
    ("heapscim profiles set scope=g", ["heapscim", "profiles", "set", "scope=groups"]),
    ("heapscim activate --set=dialect.deprov", ["heapscim", "activate", "--set=dialect.deprovision="]),
    ("heapscim sandbox --dialect unique_n", ["heapscim", "sandbox", "--dialect", "unique_names="]),
    ("heapscim help exit", ["heapscim", "help", "exit-codes"]),
    ("heapscim dea", ["heapscim", "deactivate"]),
    ("heapscim users reac", ["heapscim", "users", "reactivate"]),
    ("heapscim plan --ex", ["heapscim", "plan", "--exit-code"]),
    ("heapscim status --output=j", ["heapscim", "status", "--output=json"]),
    ("heapscim status -o c", ["heapscim", "status", "-o", "csv"]),
    ("heapscim users show ad", ["heapscim", "users", "show", "ada@x.org"]),
    ("heapscim users show ada@", ["heapscim", "users", "show", "ada@x.org"]),
    ("heapscim users show ada@x.o", ["heapscim", "users", "show", "ada@x.org"]),
    ("heapscim users show o", ["heapscim", "users", "show", "o'brien@x.org"]),
    ("heapscim groups show Des", ["heapscim", "groups", "show", "Design Team"]),
    ("heapscim groups show 'Des", ["heapscim", "groups", "show", "Design Team"]),
    ('heapscim groups show "Ops: n', ["heapscim", "groups", "show", "Ops: night"]),
    ("heapscim groups show Ops:", ["heapscim", "groups", "show", "Ops: night"]),
    ("heapscim groups add 'Design Team' gr", ["heapscim", "groups", "add", "Design Team", "grace@x.org"]),
    ("heapscim plan --directory jum", ["heapscim", "plan", "--directory", "jumpcloud:"]),
    ("heapscim plan --directory=jum", ["heapscim", "plan", "--directory=jumpcloud:"]),
    ("heapscim users show --profile pr", ["heapscim", "users", "show", "--profile", "prod"]),
    ("heapscim users show --profile prod ", ["heapscim", "users", "show", "--profile", "prod", "only@prod.org"]),
]


@pytest.fixture
def remembered(tmp_path: Path) -> Path:
    users = ["ada@x.org", "grace@x.org", "o'brien@x.org"]
    remember(tmp_path, "default", users, ["Design Team", "Ops: night"], role="Analyst", runs=[RUN])
    remember(tmp_path, "prod", ["only@prod.org"])
    for folder in ("plans", "june"):
        (tmp_path / folder).mkdir()
    for file in ("joiners.csv", "jo in's.csv"):
        (tmp_path / file).touch()
    return tmp_path


@pytest.fixture(params=[typed_bash, typed_zsh], ids=["bash", "zsh"])
def shell(request: pytest.FixtureRequest, remembered: Path) -> Iterator[TypedShell]:
    typed: TypedShell = request.param(remembered)
    yield typed
    typed.close()


def test_a_real_shell_completes_what_is_typed(shell: TypedShell) -> None:
    assert [(line, shell.words(line)) for line, _ in TYPED] == TYPED


@pytest.mark.parametrize("option", ["--out ", "--out=", "--directory ", "--directory="])
def test_a_real_shell_offers_files_where_a_file_is_meant(shell: TypedShell, option: str) -> None:
    found = " ".join(shell.words(f"heapscim plan {option}pla"))
    assert found.rstrip("/") == f"heapscim plan {option}plans"


def test_a_real_shell_leaves_no_gap_behind_the_key_of_a_setting(shell: TypedShell) -> None:
    assert shell.words("heapscim profiles set manage_gr\tf") == ["heapscim", "profiles", "set", "manage_groups=false"]


def test_zsh_without_its_completion_system_is_told_what_to_add(tmp_path: Path) -> None:
    done = subprocess.run(
        [shell_path("zsh"), "-f", "-c", f"source {COMPLETIONS}/_heapscim"],
        env=shell_environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    assert done.stdout == ""
    assert done.stderr == (
        "heapscim: zsh completes only after compinit. Put this line above the one of heapscim in ~/.zshrc: "
        "autoload -Uz compinit && compinit\n"
    )


def test_the_newest_runs_are_offered_with_the_last_one_first(tmp_path: Path) -> None:
    remember(tmp_path, "default", runs=[f"2026{number:04}" for number in range(60)])
    code, lines = _answer(tmp_path, "zsh", "undo", "")
    assert (code, lines[:3]) == (0, ["words", "last\tThe newest run", "20260059\tsync"])
    assert len(lines) == 52


def test_a_run_is_offered_as_soon_as_it_began_and_none_of_a_deleted_profile(
    heapscim: CommandLine, sandbox: Sandbox
) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("id,username,role\n1,ada@x.org,Admin\n")))
    assert heapscim("sync", "--yes").exit_code == 0
    run = heapscim.json("history", "last").data["run"]["run"]
    assert heapscim("users", "list").exit_code == 0
    assert _answer(heapscim.folder, "zsh", "history", "2") == (0, ["words", f"{run}\tsync"])
    assert _answer(heapscim.folder, "zsh", "users", "update", "ada", "--role", "a") == (0, ["words", "Admin"])
    assert heapscim("deactivate", "--delete-profile", "--yes").exit_code == 0
    assert _answer(heapscim.folder, "zsh", "history", "2") == (0, ["words"])


def test_a_real_shell_leaves_no_gap_behind_the_name_of_a_kind(shell: TypedShell) -> None:
    assert shell.words("heapscim plan --directory jum\tHeap") == ["heapscim", "plan", "--directory", "jumpcloud:Heap"]


BOTH = [
    ("j", "j"),  # several begin so: what they have in common
    ("ju", "ju"),
    ("jun", "june"),
    ("jum", "jumpcloud:"),
    ("joi", "joiners.csv"),
    ("jo\\ ", "jo in's.csv"),
]
"""The beginning of a spec, and what it becomes where the folder holds files that begin so, too."""


@pytest.mark.parametrize("option", ["--directory ", "--directory="])
def test_a_real_shell_completes_files_beside_kinds(shell: TypedShell, option: str) -> None:
    whole = [shell.words(f"heapscim plan {option}{begun}")[-1].rstrip("/") for begun, _ in BOTH]
    assert whole == [f"{option}{word}".removeprefix("--directory ") for _, word in BOTH]


@pytest.mark.parametrize("option", ["--directory ", "--directory="])
def test_fish_offers_files_beside_kinds(remembered: Path, option: str) -> None:
    expected = [f"{option}{word}".strip() for word in ("jo in's.csv", "joiners.csv", "jumpcloud:", "june/")]
    found = fish_offers(remembered, f"heapscim plan {option}j")
    assert sorted(found) == [word.removeprefix("--directory ") for word in expected]


@pytest.mark.parametrize(("line", "words"), TYPED, ids=[line for line, _ in TYPED])
def test_fish_offers_the_word(remembered: Path, line: str, words: list[str]) -> None:
    assert fish_offers(remembered, line) == words[-1:]


def test_fish_offers_files_and_helps(remembered: Path) -> None:
    assert fish_offers(remembered, "heapscim plan --out pla") == ["plans/"]
    assert fish_offers(remembered, "heapscim plan --out=pla") == ["--out=plans/"]
    assert fish_offers(remembered, "heapscim plan --out=nothing") == []
    assert fish_offers(remembered, "heapscim plan --directory pla") == ["plans/"]
    assert fish_offers(remembered, "heapscim status x") == []


def test_powershell_passes_every_word_it_was_given() -> None:
    text = (COMPLETIONS / "heapscim.ps1").read_text("utf-8")
    assert "Register-ArgumentCompleter -Native -CommandName heapscim" in text
    assert 'heapscim @words ".$wordToComplete"' in text
    assert text.count("{") == text.count("}")


def test_the_table_that_ships_holds_what_the_app_says() -> None:
    assert completion_table() == WORDS
