import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rules", "0005_what_changed")]
    operations = [
        migrations.AlterField(
            model_name="resultexport",
            name="model",
            field=models.ForeignKey(
                blank=True, help_text="空为全部规则", null=True, on_delete=django.db.models.deletion.CASCADE,
                related_name="+", to="rules.rulemodel",
            ),
        ),
    ]
