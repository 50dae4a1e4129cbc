"""Rooms get a short address. Those that are there already get one each before it must be unique."""

from django.db import migrations, models

import conference.core.codes


def give_codes(apps, schema_editor):
    room_model = apps.get_model("conference", "Room")
    taken = set()
    for number in room_model.objects.values_list("pk", flat=True):
        code = conference.core.codes.short_code()
        while code in taken:
            code = conference.core.codes.short_code()
        taken.add(code)
        room_model.objects.filter(pk=number).update(code=code)


class Migration(migrations.Migration):
    dependencies = [("conference", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="room",
            name="code",
            field=models.CharField(max_length=8, null=True, editable=False),
        ),
        migrations.RunPython(give_codes, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="room",
            name="code",
            field=models.CharField(
                default=conference.core.codes.short_code, editable=False, max_length=8, unique=True
            ),
        ),
    ]
