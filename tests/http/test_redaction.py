"""Secrets are taken out of text that others wrote, however it is encoded, folded, spread or cut."""

import base64
import json
import re
import string
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapscim.http.known_secrets import environment_secrets, url_secrets
from heapscim.http.redaction import MASK, foreign_words, inked, redacted
from tests.fakes.effort import processor_seconds

SECRET = "hp_Live-9fK3xQ7+/zW2a==Lm0"

FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in capitals": str.upper,
    "percent-coded": lambda text: quote(text, safe=""),
    "wholly percent-coded": lambda text: "".join(f"%{ord(char):02x}" for char in text),
    "percent-coded twice": lambda text: "".join(f"%25{ord(char):02X}" for char in text),
    "percent-coded thrice": lambda text: "".join(f"%2525{ord(char):02x}" for char in text),
    "in base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in base64 with the word Bearer": lambda text: base64.b64encode(f"Bearer {text}".encode()).decode(),
    "in base64 without padding": lambda text: base64.urlsafe_b64encode(f"a{text}bc".encode()).decode().rstrip("="),
    "in base64 on several lines": lambda text: base64.encodebytes(f"ab{text}{text}{text}".encode()).decode(),
    "in JSON's escapes": lambda text: "".join(f"\\u{ord(char):04X}" for char in text),
    "with its slashes escaped": lambda text: text.replace("/", "\\/"),
    "in HTML's numbers": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "in HTML's names": lambda text: text.replace("/", "&sol;").replace("+", "&plus;").replace("=", "&equals;"),
    "in hexadecimal": lambda text: text.encode().hex(),
    "in hexadecimal with colons": lambda text: text.encode().hex(":"),
    "in escapes of browsers": lambda text: "".join(f"%u{ord(char):04x}" for char in text),
    "in HTML's numbers with zeros": lambda text: "".join(f"&#{ord(char):012};" for char in text),
    "in full-width letters": lambda text: "".join(chr(ord(char) + 0xFEE0) for char in text),
    "in quoted-printable": lambda text: "".join(f"={ord(char):02X}" for char in text),
    "folded over lines": lambda text: f"{text[:7]}\r\n\t{text[7:]}",
    "as Python shows it": lambda text: repr(f"{text[:7]}\n {text[7:]}"),
    "folded as quoted-printable is": lambda text: "=\r\n".join(text[at : at + 5] for at in range(0, len(text), 5)),
    "as several quoted parts": lambda text: '", "'.join(text[at : at + 5] for at in range(0, len(text), 5)),
    "with a backslash before each line break": lambda text: f"{text[:6]}\\\n{text[6:12]}\\\n{text[12:]}",
    "with spaces inside": " ".join,
    "with what nobody sees inside": "\u200b\u00ad\ufe0f\U000e0041\x07".join,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("clean", [redacted, foreign_words])
def test_a_secret_is_masked_in_every_form(form: str, clean: Callable[[str, tuple[str, ...]], str]) -> None:
    cleaned = clean(f"Header 'Bearer {FORMS[form](SECRET)}' is bad.", (SECRET, "another-secret"))
    assert "***" in cleaned
    own = FORMS[form](SECRET)[len("QmVhcmVyIG") if "Bearer" in form else 0 :]
    assert _longest_piece(cleaned, own) < 8
    assert cleaned.startswith("Header '") and cleaned.endswith(" is bad.")  # noqa: PT018


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (f"… {SECRET[:12]}", "… ***"),
        (f"{SECRET[-12:]}' is no token", "***' is no token"),
        (f"token {SECRET[:9]}... refused", "token ***... refused"),
        (f"{SECRET[3:14]}|{SECRET[14:]}", "***"),
        (f"token {SECRET[:7]}", f"token {SECRET[:7]}"),
    ],
)
def test_a_piece_that_a_server_left_is_masked(words: str, kept: str) -> None:
    assert foreign_words(words, (SECRET,)) == kept


def test_a_cut_of_ours_leaves_no_piece() -> None:
    for before in range(150, 200):
        words = foreign_words("x" * before + " " + SECRET, (SECRET,))
        assert _longest_piece(words, SECRET) < 8
        assert len(words) <= 200


def test_what_nobody_sees_is_dropped_before_anything_else() -> None:
    assert inked("a\u200bb\x00c\u202e d\r\n\te\ufe0f\u00ad \u3164\U000e0041f") == "abc d e f"
    assert foreign_words("\x1b" * 3000 + "words", (SECRET,)) == "words"


@pytest.mark.parametrize("words", ["nothing", "100 % of &amp; \\u0041", "password1 of the Password", ""])
def test_other_words_stay(words: str) -> None:
    assert redacted(words, (SECRET, "hunter2-password")) == words


@pytest.mark.parametrize("empty", ["", " ", "\n"])
def test_an_empty_secret_masks_nothing(empty: str) -> None:
    assert redacted("a server said no", {empty}) == "a server said no"
    assert foreign_words("a server said no to s3cret-t0ken", {empty, "s3cret-t0ken"}) == f"a server said no to {MASK}"


def test_a_short_secret_is_masked_as_it_is() -> None:
    assert redacted("Hunter2 and hunter 2", ("hunter2",)) == "*** and hunter 2"


@pytest.mark.parametrize("text", ["%25", "\\u005c", "&#37;", "a ", SECRET[:8], SECRET[:25], "\u200b"])
def test_hostile_text_takes_linear_time(text: str) -> None:
    long = text * (2_000_000 // len(text))
    assert processor_seconds(lambda: foreign_words(long, (SECRET,))) < 60
    taken = [_seconds(text * (size // len(text))) for size in (40_000, 160_000)]
    assert taken[1] < 12 * taken[0] + 0.2


def _seconds(text: str) -> float:
    return processor_seconds(lambda: redacted(text, (SECRET,)))


@pytest.mark.parametrize(
    "url",
    [
        "http://user:p4ssw0rd@host:1",
        "http://user:p4ss/w0rd@host:1",
        "http://user:p4ss#w0rd@host:1",
        "user:p4ssw0rd@host:1",
        "socks5://user:p4ss@w0rd@host",
        "http://us er:p4ss w0rd@host:1",
    ],
)
def test_what_a_url_in_the_environment_hides_counts_as_a_secret(url: str) -> None:
    secrets = environment_secrets({"HTTPS_PROXY": url, "LANG": "C.UTF-8"})
    assert secrets == url_secrets(url)
    for said in (url, f"nonsense: {url[12:]}", *([] if "p4ssw0" in url else ["no port: 'p4ss'"])):
        assert "p4ss" not in redacted(said, secrets)


def test_variables_whose_name_says_so_count_as_secrets() -> None:
    environ = {"GITHUB_TOKEN": "ghp_123456", "MY_PASSWORD": "correct horse", "HOME": "/root", "TOKEN_FILE": "/a/b/c/d"}
    others = {"DATABASE_URL": "postgres://us:hunter22@host/name", "MAIL": "deactivate ada@x.org"}
    secrets = {"ghp_123456", "correct horse", "us:hunter22", "hunter22"}
    assert environment_secrets(environ | others) == secrets


def _longest_piece(text: str, secret: str) -> int:
    plain, whole = text.casefold(), json.dumps(secret)[1:-1].casefold()
    lengths = range(1, len(whole) + 1)
    return max((n for n in lengths if any(whole[at : at + n] in plain for at in range(len(whole) - n + 1))), default=0)


@pytest.mark.parametrize("clean", [redacted, foreign_words])
@pytest.mark.parametrize(
    ("secret", "words", "kept"),
    [
        ("rehearsal", "Serve a rehearsal tenant: rehearsals end.", "Serve a rehearsal tenant: rehearsals end."),
        ("rehearsal", "Heap rejected Bearer rehearsal (401).", "Heap rejected Bearer *** (401)."),
        ("rehearsal", "token=rehearsal&x=1, Token: Rehearsal", "token=***&x=1, Token: ***"),
        ("rehearsal", '{"said": "rehearsal"} or \'rehearsal\'', '{"said": "***"} or \'***\''),
        ("rehearsal", "https://ada:rehearsal@proxy", "https://ada:***@proxy"),
        ("rehearsal", "token%3Drehearsal", "token%3D***"),
        ("rehearsal", "rehearsal", "***"),
        ("rehearsal", "cmVoZWFyc2Fs", "***"),
        ("y", "Is the proxy any good? y", "Is the proxy any good? y"),
        ("y", "Bearer y", "Bearer ***"),
        ("1234", "1234 users, password: 1234", "1234 users, password: ***"),
        ("s3cr3t", "s3cr3t isn't s3cr3ts or as3cr3t", "*** isn't s3cr3ts or as3cr3t"),
        ("tok-en-9", "tok-en-9 and (tok-en-9), tok-en-99", "*** and (***), tok-en-99"),
        (SECRET, f"x{SECRET}y", "x***y"),
    ],
)
def test_a_secret_that_may_be_a_word_is_masked_where_it_is_the_secret(
    clean: Callable[[str, tuple[str, ...]], str], secret: str, words: str, kept: str
) -> None:
    assert clean(words, (secret,)) == kept


TOKENS = st.text(string.ascii_letters + string.digits + "-_.~+/=", min_size=20, max_size=60).filter(
    lambda text: text.strip("=") == text
)
WORDS = st.text(string.ascii_lowercase, min_size=1, max_size=11)


@given(TOKENS, st.text(string.ascii_letters + " ", max_size=20), st.text(string.ascii_letters + " ", max_size=20))
@pytest.mark.parametrize("form", ["as it is", "in capitals", "percent-coded", "in JSON's escapes", "in hexadecimal"])
def test_a_long_token_is_masked_inside_any_text(form: str, secret: str, before: str, after: str) -> None:
    coded = FORMS[form](secret)
    for clean in (redacted, foreign_words):
        cleaned = clean(f"{before}{coded}{after}", (secret,))
        assert MASK in cleaned
        assert coded.casefold() not in cleaned.casefold()


@given(WORDS, WORDS, WORDS)
def test_no_word_is_masked_for_holding_a_short_secret(secret: str, before: str, after: str) -> None:
    words = f"{before}{secret}{after} and {secret} too, {secret}{after}"
    if not re.search(
        r"(bearer|basic|auth|authorization|token|secret|password|passwd|pwd|passphrase|credentials?|key)", words
    ):
        assert redacted(words, (secret,)) == words
        assert foreign_words(words, (secret,)) == words


@given(st.text(string.ascii_letters + string.digits, min_size=1, max_size=19))
@pytest.mark.parametrize(
    "form", ["as it is", "in capitals", "wholly percent-coded", "in JSON's escapes", "in HTML's numbers"]
)
def test_a_secret_of_any_length_is_masked_where_secrets_stand(form: str, secret: str) -> None:
    cleaned = redacted(f"X-Answer: Bearer {FORMS[form](secret)}; end", (secret,))
    assert cleaned == f"X-Answer: Bearer {MASK}; end"
