from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from ballots.rules import Pause


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "0002_people_and_agencies"),
        ("ballots", "0002_documents"),
        ("kernel", "0001_initial"),
        ("kernel", "0002_unsubscribe"),
    ]

    initial = False

    operations = [
        ops.AddField(
            model_name="Election",
            name="paused_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Election",
            name="paused_why",
            field=fields.CharEnumField(
                null=True, description="RESTORED: restored\nRECEIPT: receipt", enum_type=Pause, max_length=8
            ),
        ),
    ]
