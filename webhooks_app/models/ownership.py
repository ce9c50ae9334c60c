"""Whose a row is.

This is the only place that compares organisation or mode: a query without that would show one
tenant the rows of another. The bound values have names that start with `owner_`, so that a test can
recognise these comparisons in the SQL that reaches the database.
"""

from typing import TYPE_CHECKING, Self

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    UnaryExpression,
    and_,
    bindparam,
    or_,
    select,
)

from webhooks_app.database.walks import kept_in_order
from webhooks_app.lib.tenant import Tenant

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapped


class OrganisationOwned:
    """A row of one organisation."""

    if TYPE_CHECKING:
        id: Mapped[str]
        organisation_id: Mapped[str]

    @classmethod
    def of_organisation(cls, organisation_id: str) -> Select[Self]:
        return select(cls).where(cls.in_organisation(organisation_id))

    @classmethod
    def in_organisation(cls, organisation_id: str) -> ColumnElement[bool]:
        """For queries that cannot begin with `of_organisation`: joins, deletes, counts."""
        return cls.organisation_id == bindparam("owner_organisation", organisation_id, unique=True)

    @classmethod
    def walked_in(cls, organisation_id: str) -> ColumnElement[bool]:
        """As `in_organisation`, for walks in the order `newest_first`."""
        owner: ColumnElement[str] = bindparam("owner_organisation", organisation_id, unique=True)
        return kept_in_order(cls.organisation_id, owner)

    @classmethod
    def newest_first(cls) -> tuple[UnaryExpression[str], UnaryExpression[str]]:
        """Of `walked` rows. No other index than the owner's has this order."""
        return cls.organisation_id.desc(), cls.id.desc()


class SharedOrOwned(OrganisationOwned):
    """A row of one organisation, in one mode or of what both modes share: then `mode` is null."""

    if TYPE_CHECKING:
        mode: Mapped[str | None]

    @classmethod
    def in_mode_or_shared(cls, mode: str) -> ColumnElement[bool]:
        own = cls.mode == bindparam("owner_mode", mode, unique=True)
        return or_(cls.mode.is_(None), own)


class TenantOwned(OrganisationOwned):
    """A row of one organisation in one mode."""

    if TYPE_CHECKING:
        mode: Mapped[str]

    @classmethod
    def of(cls, tenant: Tenant) -> Select[Self]:
        return select(cls).where(cls.in_tenant(tenant))

    @classmethod
    def owner(cls) -> Select[str, str]:
        """Whose a row is, for addresses that name only the row.

        Check that the visitor is a member there before you show anything.
        """
        return select(cls.organisation_id, cls.mode)

    @classmethod
    def in_tenant(cls, tenant: Tenant) -> ColumnElement[bool]:
        """For queries that cannot begin with `of`: joins, deletes, counts."""
        return and_(
            cls.in_organisation(tenant.organisation_id),
            cls.mode == bindparam("owner_mode", tenant.mode, unique=True),
        )

    @classmethod
    def walked(cls, tenant: Tenant) -> ColumnElement[bool]:
        """As `in_tenant`, for walks in the order `newest_first`."""
        return and_(
            cls.walked_in(tenant.organisation_id),
            cls.mode == bindparam("owner_mode", tenant.mode, unique=True),
        )


def of_one_organisation(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """For joins of two tables, or of one with itself, that both belong to organisations."""
    return one.c.organisation_id == other.c.organisation_id
