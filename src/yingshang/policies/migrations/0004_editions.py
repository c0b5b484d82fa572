"""What a published clause says from one day to another: never two wordings on one day, and none changed once written."""

import django.db.models.deletion
import yingshang.timekeeping
from django.conf import settings
from django.db import migrations, models

SQL = """
ALTER TABLE policies_clauseedition ADD CONSTRAINT clause_edition_one_in_force EXCLUDE USING gist (
    clause_id WITH =, daterange(valid_from, valid_until, '[]') WITH &&
) WHERE (dropped_at IS NULL);

CREATE FUNCTION policies_edition_fixed() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    later constant text[] := ARRAY['valid_until', 'applied_at', 'dropped_at', 'dropped_by_id'];
BEGIN
    IF (to_jsonb(NEW) - later) IS DISTINCT FROM (to_jsonb(OLD) - later)
        OR (OLD.applied_at IS NOT NULL AND NEW.applied_at IS DISTINCT FROM OLD.applied_at)
        OR (OLD.dropped_at IS NOT NULL AND NEW.dropped_at IS DISTINCT FROM OLD.dropped_at) THEN
        RAISE EXCEPTION 'an edition of a clause is not changed, but followed by another' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER fixed BEFORE UPDATE ON policies_clauseedition FOR EACH ROW EXECUTE FUNCTION policies_edition_fixed();
CREATE TRIGGER not_deleted BEFORE DELETE ON policies_clauseedition FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON policies_clauseedition
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

UNDO = """
DROP TRIGGER not_emptied ON policies_clauseedition;
DROP TRIGGER not_deleted ON policies_clauseedition;
DROP TRIGGER fixed ON policies_clauseedition;
DROP FUNCTION policies_edition_fixed();
ALTER TABLE policies_clauseedition DROP CONSTRAINT clause_edition_one_in_force;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('policies', '0003_seenverdict'),
        ('rules', '0002_guards'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='policynotice',
            name='kind',
            field=models.CharField(choices=[('published', '新条款发布'), ('revised', '条款有修订'), ('became_eligible', '现在符合'), ('no_longer', '不再符合'), ('amount', '金额有变'), ('claim', '申报有进展')], max_length=16),
        ),
        migrations.CreateModel(
            name='ClauseEdition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('valid_from', models.DateField(blank=True, null=True, verbose_name='生效日期')),
                ('valid_until', models.DateField(blank=True, help_text='最后一天;空为长期', null=True, verbose_name='有效期至')),
                ('told', models.JSONField(help_text='条款各项的值,按字段名')),
                ('reason', models.CharField(max_length=300, verbose_name='修订理由')),
                ('at', models.DateTimeField(default=yingshang.timekeeping.now)),
                ('applied_at', models.DateTimeField(blank=True, help_text='条款改用这一版的时间', null=True)),
                ('dropped_at', models.DateTimeField(blank=True, help_text='生效前撤销的时间', null=True)),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('clause', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='editions', to='policies.clause')),
                ('dropped_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['clause_id', '-number'],
                'constraints': [models.UniqueConstraint(fields=('clause', 'number'), name='clause_edition_number'), models.CheckConstraint(condition=models.Q(('valid_from__isnull', True), ('valid_until__isnull', True), ('valid_until__gte', models.F('valid_from')), _connector='OR'), name='clause_edition_period'), models.CheckConstraint(condition=models.Q(('dropped_at__isnull', True), ('applied_at__isnull', True), _connector='OR'), name='clause_edition_kept_if_applied')],
            },
        ),
        migrations.RunSQL(SQL, UNDO),
    ]
