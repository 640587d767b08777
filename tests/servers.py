"""Real servers for the tests: a MariaDB, a MySQL wherever Docker answers, a SeaweedFS.

Each is started when a test first asks for it, once for each process that runs tests. One that is
missing fails those tests with what to install. Instead of Docker's MySQL, one that may be filled
with rubbish can be named: ``TEST_MYSQL=HOST:PORT`` (its ``root`` must have no password).

Nothing is asked of Docker, and no client of a server imported, before a test needs one.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from attrs import frozen

from pixellab.testing.servers import (
    ACCESS_KEY,
    LOOPBACK,
    PASSWORD,
    SECRET_KEY,
    USER,
    running_mariadb,
    running_seaweedfs,
)

if TYPE_CHECKING:
    from pixellab.adapters.database.mysql import MySqlServer
    from pixellab.adapters.object_stores.s3.bucket import Bucket
    from pixellab.adapters.object_stores.s3.object_store import S3ObjectStore

MYSQL_IMAGE = "mysql:8.4"
NAMED_MYSQL = os.environ.get("TEST_MYSQL")
REGION = "us-east-1"
TABLES = (
    *("product_images", "enhancement_history", "image_words"),
    *("image_counts", "day_tallies", "day_costs", "spending", "alembic_version"),
    *("direct_uploads", "presets", "webhook_deliveries", "webhook_stops"),
    *("batches", "batch_items", "batch_costs"),
)
# As the README gives them.
GRANTS = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES"


@cache
def sql_servers() -> tuple[str, ...]:
    """Of these a test of MySQL runs on each."""
    return ("mariadb", "mysql") if NAMED_MYSQL or _docker_answers() else ("mariadb",)


def _docker_answers() -> bool:
    import docker
    from docker.errors import DockerException

    try:
        docker.from_env(timeout=5).ping()
    except DockerException:
        return False
    return True


@frozen
class SqlServer:
    """A server on which databases are made."""

    port: int
    root_password: str = ""
    host: str = LOOPBACK

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run the statements as root; the rows of the last one."""
        import pymysql

        with (
            pymysql.connect(
                host=self.host, port=self.port, user="root", password=self.root_password
            ) as connection,
            connection.cursor() as cursor,
        ):
            for statement in statements:
                cursor.execute(statement)
            connection.commit()
            return list(cursor.fetchall())

    def empty_database(self) -> MySqlServer:
        """A new database without tables, for the user whose rights the README lists."""
        from pixellab.adapters.database.mysql import MySqlServer

        name = f"pixellab_{secrets.token_hex(6)}"
        self.execute(
            f"CREATE DATABASE {name}",
            f"CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED BY '{PASSWORD}'",
            f"GRANT {GRANTS} ON {name}.* TO '{USER}'@'%'",
        )
        return MySqlServer(
            host=self.host, port=self.port, database=name, user=USER, password=PASSWORD
        )

    def copied_database(self, template: MySqlServer) -> MySqlServer:
        """A new database with ``template``'s tables; quicker than migrating it."""
        copied = self.empty_database()
        self.execute(
            f"USE {copied.database}",
            *_statements_of(self, template),
            *(
                f"INSERT INTO {table} SELECT * FROM {template.database}.{table}"
                for table in ("image_counts", "alembic_version")
            ),
        )
        return copied


@cache
def _statements_of(server: SqlServer, template: MySqlServer) -> tuple[str, ...]:
    """Those that make ``template``'s tables."""
    return tuple(
        server.execute(f"SHOW CREATE TABLE {template.database}.{table}")[0][1] for table in TABLES
    )


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlServer]:
    with running_mariadb(tmp_path_factory.mktemp("sql")) as running:
        yield SqlServer(running.port)


@pytest.fixture(scope="session")
def mariadb_template(mariadb: SqlServer) -> MySqlServer:
    """A database of the current schema, to be copied."""
    return migrated(mariadb.empty_database())


@pytest.fixture(scope="session")
def mysql() -> Iterator[SqlServer]:
    if NAMED_MYSQL:
        host, _, port = NAMED_MYSQL.rpartition(":")
        yield SqlServer(int(port), host=host)
        return
    from testcontainers.mysql import MySqlContainer

    with MySqlContainer(MYSQL_IMAGE, root_password=PASSWORD) as container:
        yield SqlServer(
            int(container.get_exposed_port(3306)), PASSWORD, container.get_container_host_ip()
        )


@pytest.fixture(scope="session")
def sql_server(request: pytest.FixtureRequest) -> SqlServer:
    """Each of ``sql_servers`` in turn, by ``pytest_generate_tests``."""
    server: SqlServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture(scope="session")
def template(sql_server: SqlServer) -> MySqlServer:
    """A database of the current schema, to be copied."""
    return migrated(sql_server.empty_database())


@pytest.fixture
def database(sql_server: SqlServer, template: MySqlServer) -> Iterator[MySqlServer]:
    """An empty database of the current schema."""
    copied = sql_server.copied_database(template)
    yield copied
    sql_server.execute(f"DROP DATABASE {copied.database}")


def migrated(database: MySqlServer) -> MySqlServer:
    from pixellab.adapters.database.mysql import mysql_engine
    from pixellab.adapters.image_repositories.sql.migrate import upgrade

    engine = mysql_engine(database, timeout=30, pool_size=1)
    upgrade(engine)
    engine.dispose()
    return database


@frozen
class S3Server:
    """A server on which buckets are made."""

    url: str

    def new_bucket(self) -> Bucket:
        from pixellab.adapters.object_stores.s3.bucket import Bucket

        bucket = Bucket(
            name=f"pixellab-{secrets.token_hex(6)}",
            region=REGION,
            access_key_id=ACCESS_KEY,
            secret_access_key=SECRET_KEY,
            endpoint_url=self.url,
        )
        _client(self.url).create_bucket(Bucket=bucket.name)
        return bucket


@cache
def _client(url: str) -> Any:
    import boto3

    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )


@pytest.fixture(scope="session")
def seaweedfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with running_seaweedfs(tmp_path_factory.mktemp("s3")) as running:
        yield S3Server(running.url)


@pytest.fixture
def bucket(seaweedfs: S3Server) -> Bucket:
    """An empty bucket on SeaweedFS."""
    return seaweedfs.new_bucket()


@pytest.fixture
def s3_store(bucket: Bucket) -> Iterator[S3ObjectStore]:
    from pixellab.adapters.object_stores.s3.object_store import S3ObjectStore

    store = S3ObjectStore(bucket)
    yield store
    store.close()


def settings_of(database: MySqlServer, bucket: Bucket) -> dict[str, Any]:
    """Both, as PixelLab's settings name them."""
    return {
        "mysql_host": database.host,
        "mysql_port": database.port,
        "mysql_database": database.database,
        "mysql_user": database.user,
        "mysql_password": database.password,
        "s3_bucket": bucket.name,
        "aws_region": bucket.region,
        "aws_access_key_id": bucket.access_key_id,
        "aws_secret_access_key": bucket.secret_access_key,
        "aws_endpoint_url": bucket.endpoint_url,
    }
