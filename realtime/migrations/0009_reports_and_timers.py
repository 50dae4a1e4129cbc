from django.conf import settings
from django.db import migrations, models
from django.db.models import deletion

PERSON = {
    "null": True,
    "on_delete": deletion.SET_NULL,
    "related_name": "+",
    "to": settings.AUTH_USER_MODEL,
}


class Migration(migrations.Migration):
    dependencies = [
        ("conference", "0001_initial"),
        ("realtime", "0008_reactions_and_screens"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Report",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("message", "Message"), ("question", "Question"), ("person", "Person")],
                        max_length=10,
                    ),
                ),
                ("thing", models.BigIntegerField()),
                ("text", models.TextField(blank=True)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("spam", "Advertising or spam"),
                            ("insult", "Insulting or threatening"),
                            ("private", "Tells private things about somebody"),
                            ("false", "Deceiving or dangerous"),
                            ("other", "Something else"),
                        ],
                        max_length=10,
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=500)),
                ("created", models.DateTimeField(auto_now_add=True)),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("nothing", "It stays as it is"),
                            ("message_removed", "It was taken away"),
                            ("person_muted", "The person was muted in the room"),
                            ("person_removed", "The person was removed from the room"),
                        ],
                        max_length=20,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500)),
                ("decided", models.DateTimeField(null=True)),
                ("decided_by", models.ForeignKey(**PERSON)),
                ("person", models.ForeignKey(**PERSON)),
                ("reporter", models.ForeignKey(**PERSON)),
                (
                    "room",
                    models.ForeignKey(
                        on_delete=deletion.CASCADE, related_name="reports", to="conference.room"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["room", "-id"], name="report_by_room")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("room", "reporter", "kind", "thing"), name="reported_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Timer",
            fields=[
                (
                    "room",
                    models.OneToOneField(
                        on_delete=deletion.CASCADE,
                        primary_key=True,
                        related_name="timer",
                        serialize=False,
                        to="conference.room",
                    ),
                ),
                ("label", models.CharField(blank=True, max_length=80, verbose_name="What it is for")),
                ("seconds", models.PositiveIntegerField()),
                ("ends", models.DateTimeField()),
                ("called", models.BooleanField(default=False)),
            ],
        ),
    ]
