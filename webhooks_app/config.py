"""Settings: read once from the environment, typed, and refused with a clear error when wrong."""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from cryptography.fernet import Fernet
from limits import parse_many

from webhooks_app.lib import environment
from webhooks_app.lib.choices import choices_of
from webhooks_app.lib.crypto import new_key
from webhooks_app.lib.mailboxes import mailbox_of
from webhooks_app.lib.service_urls import check_database_url, check_redis_url, driver_url
from webhooks_app.lib.ssrf import Guard
from webhooks_app.lib.starting import BadSetting

EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104
LOOPBACK = ("127.0.0.1", "::1", "localhost")

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=3600)]


SECRETS = (
    "secret_key",
    "encryption_keys",
    "database_url",
    "database_read_url",
    "redis_url",
    "smtp_username",
    "smtp_password",
)
LEAST_GRACE = 25.0  # seconds; a Redis that hangs is noticed after 20
TO_RECORD = 10.0
LEAST_SECRET = 32  # characters
RATES = ("ingest_rate_limit", "api_rate_limit", "login_rate_limit", "login_tries_limit")
OTHERS = ("PROMETHEUS_MULTIPROC_DIR",)
HOW_TO_MAKE = {
    "secret_key": "openssl rand -base64 32",
    "encryption_keys": "openssl rand -base64 32 | tr +/ -_",
}


@contextmanager
def _naming(variable: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise BadSetting(f"{variable}: {error}") from error


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting. A field `lease_seconds` is the environment variable `LEASE_SECONDS`."""

    brand_name: str = "Hookline"
    host: str = "127.0.0.1"
    port: Port = 8000
    data_dir: Path = Path("instance")
    database_url: str = ""
    database_read_url: str = ""
    database_pooling: Literal["none", "transaction"] = "none"
    redis_url: str = ""
    workers: Positive = 1
    web_processes: Annotated[int, msgspec.Meta(ge=1, le=256)] = 1
    web_threads: Annotated[int, msgspec.Meta(ge=1, le=512)] = 32
    trusted_proxies: Annotated[int, msgspec.Meta(ge=0, le=10)] = 0
    demo: bool = True
    secret_key: str = ""
    encryption_keys: str = ""
    allowed_networks: str = ""
    https: bool | None = None
    delivery_timeout: Seconds = 15.0
    connect_timeout: Seconds = 5.0
    lease_seconds: Seconds = 30.0
    max_in_flight: Positive = 2560
    retention_days: Positive = 90
    audit_retention_days: Positive = 365
    ingest_rate_limit: str = "6000 per second"
    api_rate_limit: str = "6000 per minute"
    login_rate_limit: str = "10 per minute"
    login_tries_limit: str = "5 per 15 minutes"
    public_url: str = ""
    trusted_hosts: str = ""
    smtp_host: str = ""
    smtp_port: Port = 587
    smtp_username: str = ""
    smtp_password: str = ""
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_timeout: Seconds = 10.0
    mail_from: str = ""
    open_organisations: Literal["everyone", "operators"] = "everyone"
    new_addresses_per_day: Positive = 50
    mail_tests_per_day: Positive = 100
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    def __post_init__(self) -> None:
        if self.connect_timeout > self.delivery_timeout:
            raise BadSetting("CONNECT_TIMEOUT must not exceed DELIVERY_TIMEOUT")
        self._check_names()
        with _naming("DATABASE_URL"):
            check_database_url(self.sqlalchemy_url, self.database_pooling)
        self._check_replica()
        if self.redis_url:
            with _naming("REDIS_URL"):
                check_redis_url(self.redis_url)
        if self.lease_seconds < self.delivery_timeout + 2:
            raise BadSetting("LEASE_SECONDS must exceed DELIVERY_TIMEOUT by at least 2 seconds")
        self._check_mail()
        self._check_https()
        with _naming("ALLOWED_NETWORKS"):
            Guard.parse(_listed(self.allowed_networks))
        self._check_keys()
        for name in RATES:
            _check_rate(name.upper(), getattr(self, name))

    def _check_replica(self) -> None:
        if not self.database_read_url:
            return
        if not self.has_server:
            raise BadSetting(
                "DATABASE_READ_URL needs a DATABASE_URL that starts with postgresql://: SQLite "
                "has no replicas"
            )
        with _naming("DATABASE_READ_URL"):
            check_database_url(self.sqlalchemy_read_url, self.database_pooling)
            if not self.sqlalchemy_read_url.startswith("postgresql"):
                raise ValueError("it must start with postgresql://")
            if self.sqlalchemy_read_url == self.sqlalchemy_url:
                raise ValueError("it must lead to a replica, not to DATABASE_URL itself")

    def _check_names(self) -> None:
        if not self.brand_name.isprintable():
            raise BadSetting("BRAND_NAME must be one line of printable characters")
        for name in _listed(self.trusted_hosts):
            if not re.fullmatch(r"\*|\.?[\w-]+(\.[\w-]+)*|\[[0-9a-fA-F:.]+\]", name):
                raise BadSetting(
                    f"TRUSTED_HOSTS: {name!r} is not a host name; leave out scheme and port"
                )

    def _check_keys(self) -> None:
        if self.encryption_keys and not self.vault_keys:
            raise BadSetting("ENCRYPTION_KEYS: there is no key between the commas")
        for number, key in enumerate(self.vault_keys, 1):
            try:
                Fernet(key)
            except ValueError as error:
                raise BadSetting(
                    f"ENCRYPTION_KEYS: key {number} is not a Fernet key, which is "
                    f"32 bytes in Base64; `{HOW_TO_MAKE['encryption_keys']}` "
                    "creates one"
                ) from error
        if self.has_server and 0 < len(self.secret_key) < LEAST_SECRET:
            raise BadSetting(
                "SECRET_KEY: it is too short: with PostgreSQL it needs at least "
                f"{LEAST_SECRET} characters; `{HOW_TO_MAKE['secret_key']}` creates "
                "one"
            )

    def _check_mail(self) -> None:
        """Links in mails never use a request's host, so PUBLIC_URL must be set for them."""
        if self.public_url and not re.fullmatch(r"https?://[^/?#\s]+", self.site_url):
            raise BadSetting("PUBLIC_URL must be https:// and a host, optionally with a port")
        if not re.fullmatch(r"[\w.-]*|\[?[0-9a-fA-F]*(:[0-9a-fA-F]*){2,}\]?", self.smtp_host):
            raise BadSetting("SMTP_HOST must be only a host name; set the port in SMTP_PORT")
        if self.smtp_password and not self.smtp_username:
            raise BadSetting("SMTP_USERNAME is needed with SMTP_PASSWORD")
        if self.smtp_host and not self.public_url:
            raise BadSetting("PUBLIC_URL is needed with SMTP_HOST, for the links in mails")
        if self.smtp_host or self.mail_from:
            self._check_sender()

    def _check_sender(self) -> None:
        if not re.fullmatch(r"([^<>\r\n]+ )?<?[^@<>\s]+@[^@<>\s]+>?", self.mail_from):
            raise BadSetting("MAIL_FROM must be an address, or a name and an <address>")
        if "@" not in parseaddr(self.mail_from)[1]:
            raise BadSetting('MAIL_FROM: put a name with a comma or a colon in "quotes"')
        with _naming("MAIL_FROM"):
            mailbox_of(self.mail_from)

    def _check_https(self) -> None:
        scheme = self.public_url.partition(":")[0]
        if self.https is False and scheme == "https":
            raise BadSetting("HTTPS=0 contradicts PUBLIC_URL, which is https://: remove HTTPS")
        if self.https and scheme == "http":
            raise BadSetting(
                "HTTPS=1 contradicts PUBLIC_URL, which is http://: change it to https://"
            )

    @property
    def is_https(self) -> bool:
        """Whether browsers reach this site by https only, as `PUBLIC_URL` or `HTTPS` says."""
        return self.https or self.public_url.startswith("https://")

    def cookie_name(self, name: str) -> str:
        """Over https with the prefix that binds the cookie to this host (RFC 6265bis §4.1.3.2)."""
        return f"__Host-{name}" if self.is_https else name

    @property
    def site_url(self) -> str:
        """Where people reach this site, such as `https://hooks.example.com`."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def own_hosts(self) -> frozenset[str]:
        """Names by which people reach this site, in lower case and without a port."""
        names = {self.host, urlsplit(self.site_url).hostname or ""}
        return frozenset(name.lower() for name in (*names, *_listed(self.trusted_hosts)))

    @property
    def guard(self) -> Guard:
        return replace(Guard.parse(_listed(self.allowed_networks)), own=self._own_sites)

    @property
    def _own_sites(self) -> frozenset[tuple[str, int]]:
        """Where this product listens, and where people reach it."""
        site = urlsplit(self.site_url)
        default = 443 if site.scheme == "https" else 80
        hosts = {self.host} | ({"localhost"} if self.host in EVERY_ADDRESS else set())
        bound = {("localhost" if one in LOOPBACK else one, self.port) for one in hosts}
        return frozenset({((site.hostname or "").rstrip("."), site.port or default), *bound})

    @property
    def grace(self) -> float:
        """Seconds that a worker needs to stop: the longest attempt, and time to record it."""
        return max(LEAST_GRACE, self.delivery_timeout + TO_RECORD)

    @property
    def user_agent(self) -> str:
        """The User-Agent of deliveries, by which ingest recognises them."""
        return f"{self.brand_name}-Webhooks/1.0"

    @property
    def vault_keys(self) -> list[str]:
        return _listed(self.encryption_keys)

    @property
    def sqlalchemy_url(self) -> str:
        """`DATABASE_URL` with the driver named; SQLite in `DATA_DIR` if not set."""
        url = self.database_url or f"sqlite:///{self.data_dir.resolve() / 'hookline.db'}"
        return driver_url(url)

    @property
    def sqlalchemy_read_url(self) -> str:
        """`DATABASE_READ_URL` with the driver named; empty if not set."""
        return driver_url(self.database_read_url)

    @property
    def has_server(self) -> bool:
        """Whether SQL is a server that other machines may share, rather than a file."""
        return self.sqlalchemy_url.startswith("postgresql")

    @property
    def redis_socket_url(self) -> str:
        """`REDIS_URL`, or the socket of the embedded server in `DATA_DIR`."""
        return self.redis_url or f"unix://{self.data_dir.resolve() / 'redis.sock'}"


def read_settings(environ: Mapping[str, str] = os.environ, **overrides: object) -> Settings:
    """Settings from `environ`, `overrides` first.

    `SECRET_KEY` and `ENCRYPTION_KEYS`, if not given, are kept in `DATA_DIR`. They are made there
    only for a database that no other machine shares. Raises `BadSetting`, naming the variable.
    """
    raw: dict[str, object] = {}
    for name in Settings.__struct_fields__:
        if value := environment.value_of(environ, name.upper(), secret=name in SECRETS):
            raw[name] = value
    raw.update(overrides)
    raw["data_dir"] = Path(str(raw.get("data_dir", "instance")))
    settings = _typed(raw)
    keys = {name: getattr(settings, name) or _kept(settings, name) for name in HOW_TO_MAKE}
    return msgspec.structs.replace(settings, **keys)


def misspelt(environ: Mapping[str, str] = os.environ) -> list[tuple[str, str]]:
    """Variables that look like a misspelt setting, each with the probable one."""
    names = [name.upper() for name in Settings.__struct_fields__]
    files = [name.upper() + environment.FILE for name in SECRETS]
    return list(environment.misspelt(environ.keys(), [*names, *files, *OTHERS]))


def _typed(raw: dict[str, object]) -> Settings:
    try:
        return msgspec.convert(
            raw, Settings, strict=False, dec_hook=lambda kind, value: kind(value)
        )
    except msgspec.ValidationError as error:
        name = str(error).partition(" - at `$.")[2].rstrip("`")
        raise BadSetting(
            f"{name.upper()}: {raw[name]!r} cannot be used; use {choices_of(Settings, name)}"
        ) from error


def _kept(settings: Settings, name: str) -> str:
    """The key in that file, which is made on first use and readable only by its owner."""
    path = settings.data_dir / name
    try:
        if settings.has_server and not path.exists():
            raise BadSetting(
                f"{name.upper()} is not set: with PostgreSQL, all machines need the "
                f"same one; `{HOW_TO_MAKE[name]}` creates one"
            )
        return _read_or_made(path)
    except OSError as error:
        raise BadSetting(f"DATA_DIR cannot be used: {error}") from error


def _read_or_made(path: Path) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(
            path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR
        )
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(new_key())
    return path.read_text().strip()


def _check_rate(variable: str, rate: str) -> None:
    try:
        parse_many(rate)
    except ValueError as error:
        raise BadSetting(f"{variable}: {rate!r} is not like `100 per minute`") from error


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
