"""No value of the environment is ever repeated: what makes no sense is named by its variable."""

import pytest

from tests.conftest import CommandLine
from tests.fakes.tenants import TOKEN

PARTS = ("p4ss", "s3cr", "tPW")
NONSENSE = (
    "http://user:p4ss/w@host:1",
    "http://user:s3cretPW@host:port",
    "http://user:s3cretPW@host:99999",
    "http://user:s3cret PW@host:1",
    "http://user:s3cr@tPW@host:1",
    "http://user:s3cret#PW@host:1",
    "http://user:s3cret?PW@host:1",
    "http://user:s3cret%zzPW@host:1",
    "http://user:s3cretPW@",
    "http://user:s3cretPW@[::1",
    "http://user:s3cretPW@[::g]:1",
    "http://user:s3cretPW@ho st:1",
    "http://user:s3cretPW@host:1/path",
    "http://us\ner:s3cretPW@host:1",
    "socks5://user:s3cretPW@host:1",
    "ftp://s3cretPW",
    "http:///s3cretPW",
    "//user:s3cretPW@h",
)


@pytest.fixture
def far_away(heapscim: CommandLine, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """A profile whose tenant is asked by way of the proxy."""
    settings = heapscim.folder / "config" / "profiles" / "default.toml"
    settings.parent.mkdir(mode=0o700, parents=True)
    settings.touch(0o600)
    settings.write_text('base_url = "https://tenant.invalid/scim/v2/1"\n[http]\nretries = 0\ntimeout = 5\n')
    monkeypatch.setenv("HEAPSCIM_TOKEN", TOKEN)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return heapscim


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("value", NONSENSE)
def test_a_proxy_that_makes_no_sense_is_named_and_never_repeated(
    far_away: CommandLine, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    ran = far_away("users", "list", "--debug")
    assert ran.exit_code == 2
    assert f"Error: {variable} can't be used: " in ran.stderr
    assert "should not happen" not in ran.stderr
    assert not [part for part in PARTS if part in ran.stdout + ran.stderr]


@pytest.mark.parametrize("value", ["http://user:s3cret%40PW@127.0.0.1:1", "user:s3cretPW@127.0.0.1:1", " s3cretPW "])
def test_a_proxy_that_cannot_be_reached_is_not_repeated_either(
    far_away: CommandLine, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    monkeypatch.setenv("NO_PROXY", ",, .,*.x,[::1],@:/")
    ran = far_away("users", "list", "--debug")
    assert ran.exit_code == 5
    assert "tenant.invalid can't be reached" in ran.stderr
    assert not [part for part in PARTS if part in ran.stdout + ran.stderr]


@pytest.mark.parametrize("line", ["status", "users list", "plan --nonsense", "history"])
@pytest.mark.parametrize("variable", ["HEAPSCIM_OUTPUT", "HEAPSCIM_PROFILE"])
def test_a_variable_of_ours_that_makes_no_sense_is_named_and_never_repeated(
    far_away: CommandLine, monkeypatch: pytest.MonkeyPatch, variable: str, line: str
) -> None:
    monkeypatch.setenv(variable, "s3cretPW/x")
    for output in ((), ("--output", "json")) if variable == "HEAPSCIM_PROFILE" else ((),):
        ran = far_away(*line.split(), *output)
        assert ran.exit_code == 2
        assert (variable in ran.stdout + ran.stderr) or "--nonsense" in line
        assert "s3cret" not in ran.stdout + ran.stderr


def test_a_mistake_of_ours_repeats_no_secret_of_the_environment(
    far_away: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise ValueError("Port is 'p4ss', of http://user:p4ss/w@host:1, and ghp_s3cretPW is no port")

    monkeypatch.setenv("SOME_PROXY", "http://user:p4ss/w@host:1")
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_s3cretPW")
    monkeypatch.setattr("heapscim.workflows.context.LedgerPlace", breaks)
    ran = far_away("users", "list", "--debug")
    assert "This should not happen: ValueError: Port is '***', of http://***@host:1, and *** is no port." in ran.stderr
    assert not [part for part in PARTS if part in ran.stdout + ran.stderr]
