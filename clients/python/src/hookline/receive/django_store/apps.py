"""The app of the store."""

from django.apps import AppConfig


class DjangoStoreConfig(AppConfig):  # type: ignore[misc]
    name = "hookline.receive.django_store"
    label = "hookline"
    verbose_name = "Hookline"
