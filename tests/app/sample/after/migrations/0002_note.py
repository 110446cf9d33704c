from typing import ClassVar

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies: ClassVar = [("sample", "0001_initial")]
    operations: ClassVar = [
        ops.AddField(model_name="Book", name="note", field=fields.TextField(default="", db_default="")),
    ]
