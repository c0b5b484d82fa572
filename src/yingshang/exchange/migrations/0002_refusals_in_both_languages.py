"""What is wrong with a file and with its rows is kept in both languages."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0001_initial")]
    operations = [
        migrations.AddField("importrun", "error_en", models.TextField(blank=True, default=""), preserve_default=False),
        migrations.AddField(
            "refusedrow", "column_en", models.CharField(blank=True, default="", max_length=120), preserve_default=False
        ),
        migrations.AddField(
            "refusedrow", "reason_en", models.CharField(blank=True, default="", max_length=400), preserve_default=False
        ),
    ]
