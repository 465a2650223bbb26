"""A secret goes to the hosts of its own region, to other regions only to find out which is right, and never past a
gateway that the profile names."""

import asyncio

import httpx
import pytest
from pydantic import ValidationError
from pytest_httpx import HTTPXMock

from heapscim import errors
from heapscim.directory.jumpcloud.constants import CLIENT
from heapscim.directory.jumpcloud.settings import HOSTS, TOKEN_URLS, JumpCloudSettings
from heapscim.model.secret import SecretStr
from heapscim.sandbox.jumpcloud.store import ORGANISATION
from tests.fakes.jumpcloud import World, running_jumpcloud

GATEWAY = "https://gateway.example/token"


def service_account() -> World:
    return World(secrets={CLIENT: SecretStr("an-id:a-long-word")}, transport=httpx.AsyncHTTPTransport)


def asked(httpx_mock: HTTPXMock) -> list[str]:
    return [str(request.url.copy_with(query=None)) for request in httpx_mock.get_requests()]


@pytest.mark.parametrize("region", HOSTS)
def test_a_service_account_gets_its_token_from_its_region(httpx_mock: HTTPXMock, region: str) -> None:
    httpx_mock.add_response(url=TOKEN_URLS[region], json={"access_token": "a-token", "expires_in": 60})
    httpx_mock.add_response(json={"results": [], "totalCount": 0})
    with pytest.raises(errors.NotInDirectory):
        asyncio.run(service_account().directory(region=region).verify())
    assert asked(httpx_mock) == [TOKEN_URLS[region], f"{HOSTS[region]}/api/applications"]


def test_the_region_that_knows_a_service_account_is_named(httpx_mock: HTTPXMock) -> None:
    """Each region is asked with a token of its own: a token of one is worth nothing in another."""
    for region in ("us", "eu"):
        httpx_mock.add_response(url=TOKEN_URLS[region], status_code=401, is_reusable=True)
    httpx_mock.add_response(url=TOKEN_URLS["in"], json={"access_token": "an-indian-token"})
    known = {"results": [{"_id": "1", "displayName": "Acme"}], "totalCount": 1}
    httpx_mock.add_response(url=f"{HOSTS['in']}/api/organizations?limit=100&skip=0", json=known)
    with pytest.raises(errors.WrongRegion) as raised:
        asyncio.run(service_account().directory().verify())
    assert raised.value.message == "JumpCloud's region us doesn't know the service account; region in does."
    last = httpx_mock.get_requests()[-1]
    assert (str(last.url).partition("?")[0], last.headers["authorization"]) == (
        f"{HOSTS['in']}/api/organizations",
        "Bearer an-indian-token",
    )
    assert [url for url in asked(httpx_mock) if url.startswith(HOSTS["eu"])] == []


@pytest.mark.httpx_mock(assert_all_responses_were_requested=False)
def test_a_token_url_of_the_profile_is_used_and_the_secret_goes_nowhere_else(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=GATEWAY, status_code=401, is_reusable=True)
    with pytest.raises(errors.DirectoryUnauthenticated) as raised:
        asyncio.run(service_account().directory(token_url=f"{GATEWAY}/").verify())
    assert type(raised.value) is errors.DirectoryUnauthenticated
    assert "secrets expire" in str(raised.value.hint)
    assert set(asked(httpx_mock)) == {GATEWAY}


@pytest.mark.parametrize("url", ["http://gateway.example/token", "https://me:secret@gateway.example", "token"])
def test_a_token_url_that_a_secret_should_not_go_to_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="oauth2/token and replaces"):
        JumpCloudSettings(token_url=url)


def test_an_organisation_that_the_key_may_not_name_is_told() -> None:
    with running_jumpcloud(refuses_org_id="yes") as running:
        directory = World().directory(base_url=running.base_url, org_id=ORGANISATION)
        with pytest.raises(errors.DirectoryForbidden, match="only because the profile names an organisation") as raised:
            asyncio.run(directory.verify())
        assert raised.value.hint == "Leave jumpcloud.org_id out: `heapscim activate --set jumpcloud.org_id=`."
        assert asyncio.run(World().directory(base_url=running.base_url, org_id="").verify())


def test_a_missing_permission_is_not_blamed_on_the_organisation() -> None:
    with running_jumpcloud(forbidden="/api/applications") as running:
        directory = World().directory(base_url=running.base_url, org_id=ORGANISATION)
        with pytest.raises(errors.DirectoryForbidden, match="doesn't allow GET /api/applications"):
            asyncio.run(directory.verify())
