import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def take_over_what_is_on(apps, schema_editor):
    """What is on at this moment stays on, and what is over stays over; the rest waits for somebody to go live."""
    now = timezone.now()
    Broadcast = apps.get_model("realtime", "Broadcast")
    Release = apps.get_model("conference", "Release")
    Slot = apps.get_model("conference", "Slot")
    newest = (
        Release.objects.filter(event=models.OuterRef("session__event")).order_by("-number").values("pk")[:1]
    )
    begun = Slot.objects.filter(
        release=models.Subquery(newest), session__room__green_room=True, start__lte=now, cancelled=False
    )
    for slot in begun.select_related("session__room"):
        room = slot.session.room
        over = slot.end <= now
        Broadcast.objects.create(
            room=room,
            state="ended" if over else "live",
            live_since=slot.start,
            ended=slot.end if over else None,
        )
        if not over:
            room.on_air_from = slot.start
            room.save(update_fields=["on_air_from"])


class Migration(migrations.Migration):
    dependencies = [
        ("conference", "0006_green_rooms"),
        ("realtime", "0010_announcements_and_materials"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Broadcast",
            fields=[
                (
                    "room",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="broadcast",
                        serialize=False,
                        to="conference.room",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Not live yet"),
                            ("starting", "Live in a moment"),
                            ("live", "Live"),
                            ("ended", "Over"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("starts_at", models.DateTimeField(blank=True, null=True)),
                ("live_since", models.DateTimeField(blank=True, null=True)),
                ("ended", models.DateTimeField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "starting")),
                        fields=["starts_at"],
                        name="broadcast_countdowns",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=(
                            models.Q(state="waiting", starts_at=None, live_since=None, ended=None)
                            | models.Q(state="starting", starts_at__isnull=False, live_since=None, ended=None)
                            | models.Q(state="live", starts_at=None, live_since__isnull=False, ended=None)
                            | models.Q(
                                state="ended", starts_at=None, live_since__isnull=False, ended__isnull=False
                            )
                        ),
                        name="broadcast_times_fit_its_state",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Rating",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "stars",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(5),
                        ]
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=500)),
                ("changed", models.DateTimeField(auto_now=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "room",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ratings",
                        to="conference.room",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("room", "person"), name="rating_once"),
                    models.CheckConstraint(
                        condition=models.Q(("stars__range", (1, 5))), name="rating_one_to_five_stars"
                    ),
                ]
            },
        ),
        migrations.RunPython(take_over_what_is_on, migrations.RunPython.noop),
    ]
