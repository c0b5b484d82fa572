from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("activities", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="activity",
            name="key",
            field=models.CharField(help_text="同一次提交只建一条", max_length=80, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="campaign",
            name="key",
            field=models.CharField(help_text="同一次提交只建一条", max_length=80, null=True, unique=True),
        ),
    ]
