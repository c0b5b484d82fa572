"""What the folders said, where a version keeps changes that people made here."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0002_guards")]
    operations = [
        migrations.AddField(
            model_name="itemlist",
            name="brought",
            field=models.JSONField(
                blank=True, help_text="随系统装入的原文,与 document 不同时才存:装入时保留了本区的修改", null=True
            ),
        ),
    ]
