from django.db import migrations, models

STAGED = ["opening", "keynote", "talk", "panel", "workshop", "roadshow", "training"]


def give_green_rooms(apps, schema_editor):
    """The sessions that happen on a stage."""
    apps.get_model("conference", "Room").objects.filter(session__kind__in=STAGED).update(green_room=True)


class Migration(migrations.Migration):
    dependencies = [("conference", "0005_notices_to_many")]

    operations = [
        migrations.AddField(
            model_name="room",
            name="green_room",
            field=models.BooleanField(
                default=False,
                help_text="Those on the stage meet behind the scenes until somebody who runs the room goes live.",
            ),
        ),
        migrations.AddField(
            model_name="room",
            name="on_air_from",
            field=models.DateTimeField(
                blank=True,
                null=True,
                help_text="With a green room: from when on everyone sees the stage; empty: not now.",
            ),
        ),
        migrations.RunPython(give_green_rooms, migrations.RunPython.noop),
    ]
