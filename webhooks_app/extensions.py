"""The Flask extensions, created once and bound to an app in `create_app`."""

from typing import TYPE_CHECKING, Any

from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from flask_wtf import CSRFProtect
from sqlalchemy import Connection, Engine, MetaData, SelectBase
from sqlalchemy.orm import DeclarativeBase

from webhooks_app.lib.read_engine import read_engine


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class RoutedSession(Session):
    """Its queries go to `read_engine`, if there is one; whatever locks or writes does not."""

    def get_bind(
        self, mapper: Any = None, clause: Any = None, bind: Any = None, **kwargs: Any
    ) -> Engine | Connection:
        engine = read_engine()
        if engine is not None and bind is None and not self._flushing and _only_reads(clause):
            return engine
        return super().get_bind(mapper, clause, bind, **kwargs)


def _only_reads(clause: object) -> bool:
    return isinstance(clause, SelectBase) and getattr(clause, "_for_update_arg", None) is None


# Objects stay readable after a commit, so an answer needs no second transaction.
db = SQLAlchemy(
    model_class=Base, session_options={"expire_on_commit": False, "class_": RoutedSession}
)
if TYPE_CHECKING:
    Model = Base  # the base of `db.Model`; type checkers cannot follow how it is made
else:
    Model = db.Model
login_manager = LoginManager()
csrf = CSRFProtect()
