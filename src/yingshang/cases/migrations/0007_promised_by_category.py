from django.db import migrations, models

KINDS = [
    ("started", "起算"),
    ("paused", "暂停"),
    ("resumed", "恢复"),
    ("extended", "延期"),
    ("recomputed", "按新日历重算"),
    ("promised", "按新分类重算"),
    ("fired", "到期"),
    ("stopped", "停止"),
]


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_read_as_a_handler")]
    operations = [migrations.AlterField("clockentry", "kind", models.CharField(max_length=12, choices=KINDS))]
