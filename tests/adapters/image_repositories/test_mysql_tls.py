"""Connections to a MySQL or MariaDB are encrypted where they can be, or have to be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from attrs import evolve
from sqlalchemy import text

from pixellab.adapters.database.mysql import MySqlServer, mysql_engine
from pixellab.adapters.image_repositories.sql.migrate import upgrade
from pixellab.domain.errors import StoreUnavailable
from pixellab.testing.servers import running_mariadb
from tests.servers import SqlServer

THREADS = 50


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def secured(
    authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MySqlServer]:
    """A database on a MariaDB that offers TLS, with a certificate for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key, ca = folder / "server.pem", folder / "server.key", folder / "ca.pem"
    issued = authority.issue_cert("127.0.0.1")
    certificate.write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    authority.cert_pem.write_to_path(str(ca))
    options = (f"--ssl-cert={certificate}", f"--ssl-key={key}", f"--ssl-ca={ca}")
    with running_mariadb(folder, *options) as running:
        yield evolve(SqlServer(running.port).empty_database(), ca=None)


def encrypted(database: MySqlServer) -> bool:
    engine = mysql_engine(database, timeout=5, pool_size=1)
    try:
        upgrade(engine)
        with engine.connect() as connection:
            cipher = connection.execute(text("SHOW STATUS LIKE 'Ssl_cipher'")).one()[1]
        return bool(cipher)
    finally:
        engine.dispose()


def test_tls_is_used_where_it_is_offered(secured: MySqlServer, mariadb: SqlServer) -> None:
    assert encrypted(secured)
    assert not encrypted(evolve(secured, tls="off"))
    assert not encrypted(mariadb.empty_database())


def test_tls_that_is_required_and_not_offered(mariadb: SqlServer, secured: MySqlServer) -> None:
    assert encrypted(evolve(secured, tls="require"))
    with pytest.raises(StoreUnavailable, match="offers no TLS, which is required"):
        encrypted(evolve(mariadb.empty_database(), tls="require"))


def test_a_named_authority_must_have_signed(
    secured: MySqlServer, authority: trustme.CA, tmp_path: Path
) -> None:
    ours, others = tmp_path / "ours.pem", tmp_path / "others.pem"
    authority.cert_pem.write_to_path(str(ours))
    trustme.CA().cert_pem.write_to_path(str(others))
    assert encrypted(evolve(secured, ca=ours))
    with pytest.raises(StoreUnavailable, match="certificate"):
        encrypted(evolve(secured, ca=others))
    with pytest.raises(StoreUnavailable, match="certificate"):
        encrypted(evolve(secured, ca=ours, host="localhost"))
