"""A database and a bucket on servers of one's own, as PixelLab's settings name them."""

from __future__ import annotations

import boto3
import pymysql
from pydantic import SecretStr

from pixellab.adapters.image_repositories.sql.migrate import upgrade
from pixellab.entrypoints.settings import Settings, load_settings
from pixellab.entrypoints.wiring.wire_stores import database_engine
from pixellab.testing.servers import (
    ACCESS_KEY,
    LOOPBACK,
    PASSWORD,
    SECRET_KEY,
    USER,
    MariaDb,
    SeaweedFs,
)

NAME = "pixellab-benchmark"
REGION = "us-east-1"
GRANTS = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES"
"""As the README gives them."""


def in_mariadb(server: MariaDb, **others: object) -> Settings:
    """Settings with a migrated database, which is made unless it is there."""
    with (
        pymysql.connect(host=LOOPBACK, port=server.port, user="root") as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(f"CREATE DATABASE IF NOT EXISTS `{NAME}`")
        cursor.execute(f"CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED BY '{PASSWORD}'")
        cursor.execute(f"GRANT {GRANTS} ON `{NAME}`.* TO '{USER}'@'%'")
    settings = load_settings(
        _env_file=None,
        mysql_host=LOOPBACK,
        mysql_port=server.port,
        mysql_database=NAME,
        mysql_user=USER,
        mysql_password=PASSWORD,
        **others,
    )
    engine = database_engine(settings, patient=True)
    upgrade(engine)
    engine.dispose()
    return settings


def with_bucket(settings: Settings, server: SeaweedFs) -> Settings:
    """The same settings with a new bucket."""
    keys = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}
    client = boto3.client("s3", endpoint_url=server.url, region_name=REGION, **keys)
    client.create_bucket(Bucket=NAME)
    client.close()
    return settings.model_copy(
        update={
            "s3_bucket": NAME,
            "aws_region": REGION,
            "aws_endpoint_url": server.url,
            "aws_access_key_id": SecretStr(ACCESS_KEY),
            "aws_secret_access_key": SecretStr(SECRET_KEY),
        }
    )


def as_environment(settings: Settings) -> dict[str, str]:
    """What a process of its own has to find in its environment."""
    given = settings.model_dump(exclude_defaults=True)
    return {
        str(Settings.model_fields[name].validation_alias): (
            value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        )
        for name, value in given.items()
    }
