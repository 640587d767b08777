"""SQLite, MySQL and MariaDB: what all that keeps records in them stands on."""
