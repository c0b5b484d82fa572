from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("policies", "0004_editions")]
    operations = [
        migrations.AddField(
            model_name="returnrow",
            name="about",
            field=models.JSONField(blank=True, default=dict, help_text="问题里提到的值"),
        ),
        migrations.AlterField(
            model_name="returnrow",
            name="problem",
            field=models.CharField(help_text="bankfiles.PROBLEMS 的编号;早先的行为文字", max_length=300),
        ),
    ]
