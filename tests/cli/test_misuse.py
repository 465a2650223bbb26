"""A command line that makes no sense: one message in our words, in the form that was asked for, and exit code 2."""

import pytest

from heapscim.cli.app import COMMANDS, load
from heapscim.cli.suggestions import COMMAND_WORDS
from tests.conftest import CommandLine


def test_an_unknown_option_is_named_with_the_nearest_one(heapscim: CommandLine) -> None:
    ran = heapscim("plan", "--alow-removals", "3")
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr == (
        "Error: There is no option --alow-removals. Did you mean --allow-removals?\n"
        "`heapscim plan --help` lists them all.\n"
    )


def test_the_dashes_that_all_options_have_are_no_likeness(heapscim: CommandLine) -> None:
    assert heapscim("plan", "--bogus").stderr.splitlines()[0] == "Error: There is no option --bogus."


def test_an_option_before_the_command_is_told_its_place(heapscim: CommandLine) -> None:
    assert heapscim("--quiet", "plan").stderr == (
        "Error: There is no option --quiet before a command.\n"
        "Put options after the command, as in `heapscim users list --output json`.\n"
    )


def test_a_misspelt_option_of_the_root_is_told_its_name(heapscim: CommandLine) -> None:
    assert heapscim("--versio").stderr == (
        "Error: There is no option --versio before a command. Did you mean --version?\n"
        "`heapscim --help` lists them all.\n"
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("groups create", "Missing argument 'NAME'."),
        ("groups create Design --yes --profile", "Option '--profile' requires an argument."),
        ("groups create Design ada --allow-removals 3", "There is no option --allow-removals."),
    ],
)
def test_what_a_command_lacks_is_said_with_the_next_step(heapscim: CommandLine, line: str, words: str) -> None:
    ran = heapscim(*line.split())
    message, hint = ran.stderr.splitlines()
    assert (ran.exit_code, message) == (2, f"Error: {words}")
    assert "`heapscim groups create --help`" in hint


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("users list --limit x", "Invalid value for '--limit': it takes a whole number."),
        ("users list --limit 1.5", "Invalid value for '--limit': it takes a whole number."),
        ("sandbox --port 99999", "Invalid value for '--port': it takes at most 65535."),
        ("users list --output xml", "Invalid value for '--output' / '-o': 'xml' is not one of 'table', 'json', 'csv'."),
    ],
)
def test_a_value_that_an_option_does_not_take_is_told_what_it_takes(
    heapscim: CommandLine, line: str, words: str
) -> None:
    ran = heapscim(*line.split())
    assert (ran.exit_code, ran.stderr.splitlines()[0]) == (2, f"Error: {words}")


def test_the_usage_stands_beside_an_argument_that_is_missing(heapscim: CommandLine) -> None:
    hint = heapscim("groups", "create").stderr.splitlines()[1]
    assert hint == "Usage: `heapscim groups create [OPTIONS] NAME USER...`; more with `heapscim groups create --help`."


def test_a_script_gets_the_one_envelope(heapscim: CommandLine) -> None:
    ran = heapscim.json("users", "lst", "--profile", "prod")
    assert ran.exit_code == 2
    assert ran.envelope == {
        "version": 1,
        "command": "users",
        "profile": "prod",
        "exit_code": 2,
        "data": None,
        "notices": [],
        "error": {
            "code": "usage",
            "message": "There is no command users lst. Did you mean `heapscim users list`?",
            "hint": "`heapscim users --help` lists them all.",
        },
    }


@pytest.mark.parametrize(
    "line",
    [
        "sycn --output json",
        "--output json plan",
        "users --output=json",
        "users -ojson show",
        "groups create Design -yqo json",
        "plan --allow-removals many -o json",
        "plan --allow-removals -1 -o json",
        "undo -o json",
        "plan extra -o table -o json",
        "plan -o json --directory",
    ],
)
def test_every_refusal_is_an_envelope_where_json_was_asked_for(heapscim: CommandLine, line: str) -> None:
    ran = heapscim(*line.split())
    assert (ran.exit_code, ran.envelope["exit_code"], ran.envelope["error"]["code"]) == (2, 2, "usage")
    assert ran.stderr.startswith(f"Error: {ran.envelope['error']['message']}\n")


@pytest.mark.parametrize("line", ["users", "", "plan --bogus"])
def test_the_environment_asks_for_json_as_well(
    heapscim: CommandLine, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setenv("HEAPSCIM_OUTPUT", "json")
    monkeypatch.setenv("HEAPSCIM_PROFILE", "prod")
    ran = heapscim(*line.split())
    assert (ran.exit_code, ran.envelope["error"]["code"], ran.envelope["profile"]) == (2, "usage", "prod")


@pytest.mark.parametrize("line", ["plan --bogus -- -o json", "plan --bogus --output xml", "plan --bogus -o"])
def test_what_is_no_known_form_gets_plain_words(heapscim: CommandLine, line: str) -> None:
    ran = heapscim(*line.split())
    assert (ran.exit_code, ran.stdout) == (2, "")


def test_a_value_that_is_none_names_those_there_are(heapscim: CommandLine) -> None:
    first = heapscim("plan", "--output", "xml").stderr.splitlines()[0]
    assert first.endswith("'xml' is not one of 'table', 'json', 'csv'.")


@pytest.mark.parametrize("line", ["users", "groups"])
def test_a_command_that_is_left_out_gets_the_help_page(heapscim: CommandLine, line: str) -> None:
    ran = heapscim(line)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"Usage: heapscim {line} [OPTIONS] COMMAND")


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("apply", "sync"),
        ("login", "activate"),
        ("lgoin", "activate"),
        ("logout", "deactivate"),
        ("version", "--version"),
        ("dump", "export"),
        ("users add ada", "users create"),
        ("users delete ada", "users deactivate"),
        ("users remove ada", "users deactivate"),
        ("groups destroy Design", "groups delete"),
        ("SYNC", "sync"),
        ("hist", "history"),
        ("groups lsit", "groups list"),
    ],
)
def test_the_words_of_other_tools_and_typing_errors_lead_to_ours(heapscim: CommandLine, line: str, meant: str) -> None:
    ran = heapscim(*line.split())
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr.splitlines()[0].endswith(f" Did you mean `heapscim {meant}`?")


@pytest.mark.parametrize("word", ["xyzzy", "p", "people.csv", "users frobnicate"])
def test_what_is_near_to_nothing_suggests_nothing(heapscim: CommandLine, word: str) -> None:
    assert heapscim(*word.split()).stderr.splitlines()[0] == f"Error: There is no command {word}."


def test_every_command_that_is_suggested_exists_and_no_word_hides_one() -> None:
    for path, words in COMMAND_WORDS.items():
        known = set(getattr(load(path), "commands", ())) if path else set(COMMANDS)
        others = [word for found in words.values() for word in found]
        assert known.isdisjoint(others)
        assert len(others) == len(set(others))
        for line in (line.split() for line in words if not line.startswith("--")):
            assert line[0] in COMMANDS
            assert len(line) < 2 or line[0] in ("help", "import") or line[1] in load(line[0]).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sync --dry-run", "`heapscim plan` shows what a sync would change."),
        ("users create ada --dry-run", "Without --yes, the plan is shown first, and nothing is done until you agree."),
        ("undo last --what-if", "Without --yes, the plan is shown first"),
        ("activate --token x", "A token never stands in the command line"),
        ("status --json", "There is no option --json. Did you mean --output json?"),
        ("sync --force", "There is no option --force. Did you mean --yes?"),
        ("status -v", "There is no option -v. Did you mean --debug?"),
        ("plan --file people.csv", "There is no option --file. Did you mean --directory?"),
        ("users create --file people.csv", "There is no option --file. Did you mean --from?"),
        ("sync --version", "Did you mean `heapscim --version`?"),
        ("-V", "There is no option -V before a command. Did you mean --version?"),
        ("status --dry-run", "Error: There is no option --dry-run.\n`heapscim status --help` lists them all."),
    ],
)
def test_the_options_of_other_tools_lead_to_ours(heapscim: CommandLine, line: str, said: str) -> None:
    ran = heapscim(*line.split())
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert said in ran.stderr
