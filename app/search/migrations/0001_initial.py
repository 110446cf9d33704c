import functools
from json import dumps, loads

from asyncpg import PostgresError  # type: ignore[import-untyped]  # it ships no types
from tortoise import fields, migrations
from tortoise.exceptions import OperationalError
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor import BaseSchemaEditor
from tortoise.migrations.schema_generator.state_apps import StateApps

# The index takes three letters at a time, so that words are found inside longer ones, as Arabic needs it.
# The triggers are lost when a later migration lets Tortoise rebuild search_document: make them again then.
SQLITE = (
    """CREATE VIRTUAL TABLE search_index USING fts5(
           heading, words, content='search_document', content_rowid='id', tokenize='trigram case_sensitive 1')""",
    """CREATE TRIGGER search_index_added AFTER INSERT ON search_document BEGIN
           INSERT INTO search_index (rowid, heading, words) VALUES (new.id, new.heading, new.words);
       END""",
    """CREATE TRIGGER search_index_removed AFTER DELETE ON search_document BEGIN
           INSERT INTO search_index (search_index, rowid, heading, words)
           VALUES ('delete', old.id, old.heading, old.words);
       END""",
    """CREATE TRIGGER search_index_changed AFTER UPDATE OF heading, words ON search_document
       WHEN old.heading IS NOT new.heading OR old.words IS NOT new.words BEGIN
           INSERT INTO search_index (search_index, rowid, heading, words)
           VALUES ('delete', old.id, old.heading, old.words);
           INSERT INTO search_index (rowid, heading, words) VALUES (new.id, new.heading, new.words);
       END""",
)
SQLITE_BACK = (
    "DROP TRIGGER search_index_added",
    "DROP TRIGGER search_index_removed",
    "DROP TRIGGER search_index_changed",
    "DROP TABLE search_index",
)
# The list of what is yet to be put into the index is kept short, since every question reads through it. Free space in
# each page lets a row change without touching the index, as long as its words stay.
POSTGRES = (
    "ALTER TABLE search_document SET (fillfactor = 70)",
    """CREATE INDEX search_document_words ON search_document
           USING gin (words gin_trgm_ops, heading gin_trgm_ops) WITH (gin_pending_list_limit = 512)""",
)
POSTGRES_BACK = ("DROP INDEX search_document_words",)


async def make_index(_apps: StateApps, editor: BaseSchemaEditor) -> None:
    postgres = editor.client.capabilities.dialect == "postgres"
    if postgres and not await editor.client.execute_query_dict("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'"):
        try:
            await editor.client.execute_query("CREATE EXTENSION pg_trgm")
        except (OperationalError, PostgresError) as error:
            raise OperationalError(
                "the search needs PostgreSQL's extension pg_trgm (Debian has it in the package postgresql, others in "
                "postgresql-contrib). Let an administrator of PostgreSQL say CREATE EXTENSION pg_trgm; in this "
                f"database, then migrate again. PostgreSQL said: {error}"
            ) from error
    for statement in POSTGRES if postgres else SQLITE:
        await editor.client.execute_query(statement)


async def drop_index(_apps: StateApps, editor: BaseSchemaEditor) -> None:
    for statement in POSTGRES_BACK if editor.client.capabilities.dialect == "postgres" else SQLITE_BACK:
        await editor.client.execute_query(statement)


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Document",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("kind", fields.CharField(max_length=24)),
                ("key", fields.CharField(max_length=80)),
                ("title", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                ("excerpt", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                ("url", fields.CharField(max_length=500)),
                ("seen_by", fields.CharField(default="public", db_default="public", max_length=40)),
                ("name_ar", fields.CharField(max_length=120)),
                ("name_en", fields.CharField(max_length=120)),
                ("heading", fields.TextField(unique=False)),
                ("words", fields.TextField(unique=False)),
                ("changed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("step", fields.SmallIntField(default=2, db_default=2)),
            ],
            options={
                "table": "search_document",
                "app": "search",
                "unique_together": (("kind", "key"),),
                "indexes": [
                    Index(fields=["seen_by", "kind"], name="search_document_seen"),
                    Index(fields=["name_ar"], name="search_document_name_ar"),
                    Index(fields=["name_en"], name="search_document_name_en"),
                ],
                "pk_attr": "id",
                "table_description": "A thing that can be found. `seen_by` is public, person:N or agency:N.",
            },
            bases=["Model"],
        ),
        ops.RunPython(make_index, drop_index),
    ]
