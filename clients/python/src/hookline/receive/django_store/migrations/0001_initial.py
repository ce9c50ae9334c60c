"""Creates the table."""

from django.db import migrations, models


class Migration(migrations.Migration):  # type: ignore[misc]
    initial = True
    dependencies = []  # type: ignore[var-annotated]
    operations = [
        migrations.CreateModel(
            name="HandledDelivery",
            fields=[
                ("id", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("token", models.CharField(max_length=64, null=True)),
                ("until", models.DateTimeField(db_index=True)),
            ],
            options={
                "db_table": "hookline_deliveries",
                "verbose_name_plural": "handled deliveries",
            },
        ),
    ]
