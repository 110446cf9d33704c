from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]

    initial = False

    operations = [
        ops.AddField(model_name="Message", name="list_unsubscribe", field=fields.CharField(null=True, max_length=500)),
    ]
