"""What was in force before may be published again, as a version of its own."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0003_guards_of_whole_tables")]
    operations = [migrations.RemoveConstraint(model_name="procedure", name="procedure_digest_once")]
