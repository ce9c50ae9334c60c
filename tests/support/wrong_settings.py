"""Settings that cannot be used, each with its error."""

MAIL = {
    "SMTP_HOST": "mail.example.com",
    "PUBLIC_URL": "https://hooks.example.com/",
    "MAIL_FROM": "Hookline <hookline@example.com>",
}
POSTGRES = {"DATABASE_URL": "postgresql://hookline@db/hookline"}
SECRET = {"SECRET_KEY": "s" * 32}
DAYS = "cannot be used; use a whole number of at least 1"
SECONDS = "cannot be used; use a number above 0, at most 3600"
PORTS = "cannot be used; use a whole number from 1 to 65535"
REDIS = "encode special characters in its password as %2F, %40 and so on"

WRONG: list[tuple[dict[str, str], str]] = [
    ({"PORT": "many"}, f"PORT: 'many' {PORTS}"),
    ({"PORT": "0"}, f"PORT: '0' {PORTS}"),
    ({"PORT": "65536"}, f"PORT: '65536' {PORTS}"),
    ({"SMTP_PORT": "smtp"}, f"SMTP_PORT: 'smtp' {PORTS}"),
    ({"WORKERS": "0"}, f"WORKERS: '0' {DAYS}"),
    ({"WORKERS": "1.5"}, f"WORKERS: '1.5' {DAYS}"),
    ({"RETENTION_DAYS": "0"}, f"RETENTION_DAYS: '0' {DAYS}"),
    ({"MAX_IN_FLIGHT": "-1"}, f"MAX_IN_FLIGHT: '-1' {DAYS}"),
    (
        {"WEB_THREADS": "100000"},
        "WEB_THREADS: '100000' cannot be used; use a whole number from 1 to 512",
    ),
    (
        {"WEB_PROCESSES": "0"},
        "WEB_PROCESSES: '0' cannot be used; use a whole number from 1 to 256",
    ),
    (
        {"TRUSTED_PROXIES": "yes"},
        "TRUSTED_PROXIES: 'yes' cannot be used; use a whole number from 0 to 10",
    ),
    ({"HTTPS": "maybe"}, "HTTPS: 'maybe' cannot be used; use 1 or 0"),
    ({"DEMO": "perhaps"}, "DEMO: 'perhaps' cannot be used; use 1 or 0"),
    ({"DELIVERY_TIMEOUT": "-1"}, f"DELIVERY_TIMEOUT: '-1' {SECONDS}"),
    ({"DELIVERY_TIMEOUT": "nan"}, f"DELIVERY_TIMEOUT: 'nan' {SECONDS}"),
    ({"SMTP_TIMEOUT": "5s"}, f"SMTP_TIMEOUT: '5s' {SECONDS}"),
    (
        {"LOG_LEVEL": "info"},
        "LOG_LEVEL: 'info' cannot be used; use one of DEBUG, ERROR, INFO, WARNING",
    ),
    (
        {"SMTP_SECURITY": "ssl"},
        "SMTP_SECURITY: 'ssl' cannot be used; use one of none, starttls, tls",
    ),
    (
        {"LEASE_SECONDS": "10"},
        "LEASE_SECONDS must exceed DELIVERY_TIMEOUT by at least 2 seconds",
    ),
    ({"CONNECT_TIMEOUT": "16"}, "CONNECT_TIMEOUT must not exceed DELIVERY_TIMEOUT"),
    (
        {"ALLOWED_NETWORKS": "10.0.0.1/8"},
        "ALLOWED_NETWORKS: '10.0.0.1/8' is not a network, such as 10.1.0.0/16",
    ),
    ({"INGEST_RATE_LIMIT": "fast"}, "INGEST_RATE_LIMIT: 'fast' is not like `100 per minute`"),
    ({"API_RATE_LIMIT": "slow"}, "API_RATE_LIMIT: 'slow' is not like `100 per minute`"),
    (
        {"LOGIN_RATE_LIMIT": "10 a fortnight"},
        "LOGIN_RATE_LIMIT: '10 a fortnight' is not like `100 per minute`",
    ),
    ({"LOGIN_TRIES_LIMIT": "few"}, "LOGIN_TRIES_LIMIT: 'few' is not like `100 per minute`"),
    ({"BRAND_NAME": "Hook\nline"}, "BRAND_NAME must be one line of printable characters"),
    (
        {"TRUSTED_HOSTS": "https://hooks.example.com"},
        "TRUSTED_HOSTS: 'https://hooks.example.com' is not a host name; leave out scheme and port",
    ),
    (
        {"PUBLIC_URL": "hooks.example.com"},
        "PUBLIC_URL must be https:// and a host, optionally with a port",
    ),
    (
        {"PUBLIC_URL": "https://hooks.example.com/path"},
        "PUBLIC_URL must be https:// and a host, optionally with a port",
    ),
    (
        {"PUBLIC_URL": "https://hooks.example.com", "HTTPS": "0"},
        "HTTPS=0 contradicts PUBLIC_URL, which is https://: remove HTTPS",
    ),
    (
        {"PUBLIC_URL": "http://hooks.example.com", "HTTPS": "1"},
        "HTTPS=1 contradicts PUBLIC_URL, which is http://: change it to https://",
    ),
    (
        MAIL | {"SMTP_HOST": "mail.example.com:587"},
        "SMTP_HOST must be only a host name; set the port in SMTP_PORT",
    ),
    (
        MAIL | {"SMTP_PASSWORD": "hidden-value"},
        "SMTP_USERNAME is needed with SMTP_PASSWORD",
    ),
    (MAIL | {"PUBLIC_URL": ""}, "PUBLIC_URL is needed with SMTP_HOST, for the links in mails"),
    (MAIL | {"MAIL_FROM": ""}, "MAIL_FROM must be an address, or a name and an <address>"),
    (
        {"DATABASE_URL": "mysql://db"},
        "DATABASE_URL: it must start with postgresql:// or sqlite:///",
    ),
    (
        {"DATABASE_URL": "postgresql+asyncpg://db/hookline"},
        "DATABASE_URL: leave out the driver: it must start with postgresql:// or sqlite:///",
    ),
    (
        {"DATABASE_URL": "postgresql://hookline@db/hookline?sslmode=bogus"},
        "DATABASE_URL: sslmode must be one of disable, allow, prefer, require, "
        "verify-ca, verify-full",
    ),
    (
        {"DATABASE_URL": "postgresql://hookline@db/hookline?poolsize=5"},
        "DATABASE_URL: PostgreSQL has no option 'poolsize'",
    ),
    (
        {"DATABASE_URL": "postgresql://hookline@db/hookline?options=-cjit%3Don&options=-cx%3D1"},
        "DATABASE_URL: it has the option 'options' more than once",
    ),
    (
        {
            "DATABASE_URL": "postgresql://hookline@db/hookline?options=-csearch_path%3Dhooks",
            "DATABASE_POOLING": "transaction",
        },
        "DATABASE_URL: with DATABASE_POOLING=transaction it can have no `options`, which a pooler "
        "does not pass on: give these settings to the database role (ALTER ROLE … SET …)",
    ),
    (
        {"DATABASE_URL": "postgresql://hookline:hidden-value@db:hidden/hookline"},
        f"DATABASE_URL: it is not like postgresql://user:password@host:5432/name; {REDIS}",
    ),
    (
        {"DATABASE_URL": "sqlite://"},
        "DATABASE_URL: it must name the file, as in sqlite:////var/lib/hookline/hookline.db",
    ),
    (
        {"DATABASE_READ_URL": "postgresql://hookline@standby/hookline"},
        "DATABASE_READ_URL needs a DATABASE_URL that starts with postgresql://: SQLite has no "
        "replicas",
    ),
    (
        POSTGRES | {"DATABASE_READ_URL": "sqlite:////tmp/copy.db"},
        "DATABASE_READ_URL: it must start with postgresql://",
    ),
    (
        POSTGRES | {"DATABASE_READ_URL": "postgresql://hookline@standby/hookline?poolsize=5"},
        "DATABASE_READ_URL: PostgreSQL has no option 'poolsize'",
    ),
    (
        POSTGRES | {"DATABASE_READ_URL": POSTGRES["DATABASE_URL"]},
        "DATABASE_READ_URL: it must lead to a replica, not to DATABASE_URL itself",
    ),
    (
        {"REDIS_URL": "http://redis:6379"},
        "REDIS_URL: it must start with redis://, rediss:// or unix://",
    ),
    (
        {"REDIS_URL": "redis://:hidden-value/more@redis"},
        f"REDIS_URL: it is not like redis://user:password@host:6379/0; {REDIS}",
    ),
    (
        {"REDIS_URL": "redis://redis/0?sentinel=mymaster"},
        "REDIS_URL: it has an option after the ? that redis-py does not know",
    ),
    (
        {"ENCRYPTION_KEYS": "hidden-value"},
        "ENCRYPTION_KEYS: key 1 is not a Fernet key, which is 32 bytes in Base64; "
        "`openssl rand -base64 32 | tr +/ -_` creates one",
    ),
    ({"ENCRYPTION_KEYS": ","}, "ENCRYPTION_KEYS: there is no key between the commas"),
    (
        POSTGRES | {"SECRET_KEY": "hidden-value"},
        "SECRET_KEY: it is too short: with PostgreSQL it needs at least 32 characters; "
        "`openssl rand -base64 32` creates one",
    ),
    (
        POSTGRES,
        "SECRET_KEY is not set: with PostgreSQL, all machines need the same one; "
        "`openssl rand -base64 32` creates one",
    ),
    (
        POSTGRES | SECRET,
        "ENCRYPTION_KEYS is not set: with PostgreSQL, all machines need the same one; "
        "`openssl rand -base64 32 | tr +/ -_` creates one",
    ),
    (
        {"SECRET_KEY": "hidden-value", "SECRET_KEY_FILE": "/run/secrets/key"},
        "SECRET_KEY and SECRET_KEY_FILE are both set: keep one of them",
    ),
    (
        {"ENCRYPTION_KEYS_FILE": "/nowhere/keys"},
        "ENCRYPTION_KEYS_FILE: /nowhere/keys cannot be read: No such file or directory",
    ),
    ({"REDIS_URL_FILE": "/dev/null"}, "REDIS_URL_FILE: /dev/null is empty"),
    ({"DATA_DIR": "/dev/null/data"}, "DATA_DIR cannot be used: [Errno 20] Not a directory"),
]
