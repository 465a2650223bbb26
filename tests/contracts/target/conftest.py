"""A target of every kind for each test."""

from collections.abc import Iterator

import pytest

from tests.contracts.target.tenants import TENANTS, Tenant


@pytest.fixture(params=TENANTS)
def tenant(request: pytest.FixtureRequest) -> Iterator[Tenant]:
    with TENANTS[request.param]() as opened:
        yield opened
