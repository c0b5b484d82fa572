"""Cases that a project starts come from the project, not from the enterprise's pages."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_procedure_published_again")]
    operations = [
        migrations.AlterField(
            model_name="case",
            name="channel",
            field=models.CharField(
                choices=[
                    ("portal", "企业端"),
                    ("visit", "走访"),
                    ("meeting", "会议"),
                    ("import", "表格导入"),
                    ("api", "接口"),
                    ("hotline", "热线"),
                    ("project", "投资项目"),
                ],
                max_length=10,
            ),
        )
    ]
