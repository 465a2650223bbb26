"""Where a shared ledger is: what a URL may say, and what it must never hold."""

import pytest

from heapscim.config.credentials import Credentials
from heapscim.config.ledger_url import LedgerUrl, ledger_url
from heapscim.config.system_keyring import SystemKeyring
from heapscim.errors import SettingsError
from heapscim.model.secret import SecretStr


def test_a_url_says_where_and_as_whom() -> None:
    url = ledger_url("postgresql://heap%40scim@db.example.com:5433/our%20db?schema=ops&sslrootcert=/etc/root.pem")
    roots = {"sslrootcert": "/etc/root.pem"}
    assert url == LedgerUrl("db.example.com", 5433, "heap@scim", "our db", "ops", roots, verified=True)
    assert str(url) == "our db on db.example.com:5433"
    assert (url.schema_of("prod"), ledger_url("postgres://db/x").schema_of("prod")) == ("ops", "heapscim_prod")


@pytest.mark.parametrize(
    ("text", "verified"),
    [
        ("postgresql://localhost/x", False),
        ("postgresql://127.0.0.1/x", False),
        ("postgresql://[::1]/x", False),
        ("postgresql:///x?host=/var/run/postgresql", False),
        ("postgresql:///x", False),
        ("postgresql://localhost/x?sslmode=verify-full", True),
        ("postgresql://10.0.0.1/x", True),
        ("postgresql:///x?host=db.example.com", True),
    ],
)
def test_only_this_machine_is_trusted_without_a_proof(text: str, verified: bool) -> None:  # noqa: FBT001
    assert ledger_url(text).verified is verified


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("postgresql://a:s3cret@db/x", "A password doesn't belong"),
        ("postgresql://a:@db/x", "A password doesn't belong"),
        ("postgresql://a@db/x?password=s3cret", "A password doesn't belong"),
        ("postgresql://a@db/x?sslpassword=s3cret", "A password doesn't belong"),
        ("postgresql://a@db/x?passfile=s3cret", "A password doesn't belong"),
        ("postgresql://a:s3#cret@db/x", "can't be read|isn't|doesn't belong|behind #"),
        ("mysql://db/s3cret", "isn't one of PostgreSQL"),
        ("sqlite:///s3cret", "isn't one of PostgreSQL"),
        ("postgresql://db/x?options=-csearch_path%3Ds3cret", "may have host, schema"),
        ("postgresql://db/x?schema=a&schema=s3cret", "each once"),
        ("postgresql://db/x?host=s3cret", "names two hosts"),
        ("postgresql://a,s3cret/x", "several hosts"),
        ("postgresql://db:99999/s3cret", "can't be read"),
        ("postgresql://db/x?sslmode=require", "lets another server pass"),
        ("postgresql:///x?host=db.example.com&sslmode=disable", "lets another server pass"),
    ],
)
def test_what_a_url_must_not_say_is_refused_and_not_repeated(text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as refused:
        ledger_url(text)
    assert "s3cret" not in f"{refused.value.message} {refused.value.hint}"


def test_a_name_that_postgresql_would_cut_off_is_refused() -> None:
    with pytest.raises(SettingsError, match="longer name than PostgreSQL keeps"):
        ledger_url("postgresql://db/x").schema_of("p" * 60)


def test_a_password_is_given_exactly() -> None:
    keyring = SystemKeyring(lambda _done, _seconds: True, print, longest=1.0)
    given = Credentials("prod", {"HEAPSCIM_LEDGER_PASSWORD": " p ss\n"}, keyring).given_ledger_password()
    assert given == SecretStr(" p ss")
