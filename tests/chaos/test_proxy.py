"""The proxy of the chaos runs finishes what it began, also for a client that is gone."""

import gc
import logging
import socket

import pytest

from tests.chaos.proxy import running_proxy
from tests.fakes.patience import PATIENCE

REQUEST = b"POST /Users HTTP/1.1\r\nHost: heap\r\nContent-Length: 0\r\n\r\n"
ANSWER = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"


def test_a_request_of_a_killed_client_survives_the_garbage_collector(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as provider:
        provider.settimeout(PATIENCE)
        with running_proxy(provider.getsockname()[1], seed=0) as proxy:
            with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as killed:
                killed.sendall(REQUEST)
                first, _ = provider.accept()
            with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as living, first:
                living.sendall(REQUEST)
                second, _ = provider.accept()  # by now the proxy has seen that the other client is gone
                gc.collect()
                assert proxy.writes == 0, "both requests are still under way"
                for upstream in (first, second):
                    upstream.sendall(ANSWER)
                    upstream.close()
                living.recv(len(ANSWER))
    assert proxy.writes == 2
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
