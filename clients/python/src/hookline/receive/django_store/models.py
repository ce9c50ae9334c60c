"""The table of the store."""

from django.db import models


class HandledDelivery(models.Model):  # type: ignore[misc]
    """A delivery that is being handled, by whoever has the `token`, or was handled, without one."""

    id = models.CharField(primary_key=True, max_length=200)
    token = models.CharField(max_length=64, null=True)
    until = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "hookline_deliveries"
        verbose_name_plural = "handled deliveries"
