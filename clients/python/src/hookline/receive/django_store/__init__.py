"""Remembers handled deliveries in the database of a Django project.

Add `hookline.receive.django_store` to `INSTALLED_APPS`, and run `manage.py migrate`.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.apps import apps as registry  # not our module `apps`
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, router, transaction
from django.utils import timezone

from hookline.receive.stores import KEEP, LEASE, State

SWEEP_EVERY = 60.0


class DjangoStore:
    """For any number of processes and machines. `using` is the alias of a database.

    With `ATOMIC_REQUESTS`, a delivery is remembered in the transaction of what its handler did.
    """

    def __init__(self, keep: float = KEEP, lease: float = LEASE, using: str | None = None) -> None:
        if not registry.is_installed(__name__):
            raise ImproperlyConfigured(
                f'Add "{__name__}" to INSTALLED_APPS, and run `manage.py migrate`.'
            )
        from hookline.receive.django_store.models import HandledDelivery

        self._keep, self.lease = timedelta(seconds=keep), lease
        self._model: Any = HandledDelivery
        self._using = using or router.db_for_write(HandledDelivery)
        self._swept = 0.0

    def claim(self, delivery_id: str, token: str) -> State:
        self._sweep()
        now = timezone.now()
        until = now + timedelta(seconds=self.lease)
        row = self._model(id=delivery_id, token=token, until=until)
        self._rows().bulk_create([row], ignore_conflicts=True)
        mine = self._rows().filter(id=delivery_id)
        mine.filter(until__lte=now).update(token=token, until=until)
        owners = list(mine.values_list("token", flat=True))
        if owners == [token]:
            return State.NEW
        return State.DONE if owners == [None] else State.BUSY

    def finish(self, delivery_id: str, token: str) -> None:  # noqa: ARG002
        until = timezone.now() + self._keep
        if not self._rows().filter(id=delivery_id).update(token=None, until=until):
            row = self._model(id=delivery_id, token=None, until=until)
            self._rows().bulk_create([row], ignore_conflicts=True)

    def release(self, delivery_id: str, token: str) -> None:
        """In a transaction that failed, its rollback does the same."""
        try:
            self._rows().filter(id=delivery_id, token=token).delete()
        except DatabaseError:
            if not transaction.get_connection(self._using).in_atomic_block:
                raise

    def _rows(self) -> Any:
        return self._model.objects.using(self._using)

    def _sweep(self) -> None:
        """What is forgotten goes, once a minute. In a transaction it would lock other claims."""
        now = time.monotonic()
        if now - self._swept <= SWEEP_EVERY:
            return
        self._swept = now
        if transaction.get_connection(self._using).in_atomic_block:
            transaction.on_commit(self._forget, self._using, robust=True)
        else:
            self._forget()

    def _forget(self) -> None:
        self._rows().filter(until__lte=timezone.now()).delete()
