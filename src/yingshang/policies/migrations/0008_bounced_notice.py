from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("policies", "0007_no_unseen_account")]
    operations = [
        migrations.AlterField(
            model_name="policynotice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("published", "新条款发布"),
                    ("revised", "条款有修订"),
                    ("became_eligible", "现在符合"),
                    ("no_longer", "不再符合"),
                    ("amount", "金额有变"),
                    ("claim", "申报有进展"),
                    ("bounced", "银行没付成"),
                ],
                max_length=16,
            ),
        ),
    ]
