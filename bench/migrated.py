"""Whether a migrated database is as a new one."""

from collections import Counter

from sqlalchemy import Engine, text

from webhooks_app.database import choose

IS_WHOLE = "NOT c.relispartition AND c.relnamespace = current_schema()::regnamespace"
SCHEMA = {
    "postgresql": f"""
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) || a.attnotnull
            || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
        FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
            AND NOT a.attisdropped
        LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relkind IN ('r', 'p') AND {IS_WHOLE}
        UNION ALL
        SELECT c.relname, '', pg_get_indexdef(x.indexrelid)
        FROM pg_index AS x JOIN pg_class AS c ON c.oid = x.indrelid WHERE {IS_WHOLE}
        UNION ALL
        SELECT c.relname, n.conname, pg_get_constraintdef(n.oid)
        FROM pg_constraint AS n JOIN pg_class AS c ON c.oid = n.conrelid WHERE {IS_WHOLE}
        UNION ALL
        SELECT c.relname, '', pg_get_triggerdef(t.oid)
        FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
        WHERE NOT t.tgisinternal AND {IS_WHOLE}
        UNION ALL
        SELECT c.relname, 'not valid', x.indexrelid::regclass::text
        FROM pg_index AS x JOIN pg_class AS c ON c.oid = x.indrelid WHERE NOT x.indisvalid
        UNION ALL
        SELECT c.relname, 'boundary', n.conname
        FROM pg_constraint AS n JOIN pg_class AS c ON c.oid = n.conrelid
        WHERE n.conname LIKE '%boundary'""",
    "sqlite": "SELECT tbl_name, name, sql FROM sqlite_master",
}
WRONG = """
    SELECT count(*) FROM deliveries WHERE coalesce(undelivered, '')
        <> CASE WHEN status IN ('failed', 'cancelled') THEN status ELSE '' END"""
# On SQLite, keys are unique by an index.
WITHOUT_KEY = """
    SELECT count(*) FROM events AS e WHERE idempotency_key IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM event_keys AS k WHERE k.event_id = e.id AND k.key = e.idempotency_key)"""


def differences(engine: Engine, fresh: Engine) -> list[str]:
    """What only one of them has: columns, indexes, constraints, triggers."""
    one, other = _schema(engine), _schema(fresh)
    return [*(f"more: {part}" for part in one - other), *(f"less: {part}" for part in other - one)]


def wrong_rows(engine: Engine) -> int:
    """Deliveries with the wrong `undelivered`, and events whose key is not stored."""
    asked = [WRONG, *choose(engine, postgresql=[WITHOUT_KEY], sqlite=[])]
    with engine.connect() as connection:
        return sum(connection.scalar(text(one)) or 0 for one in asked)


def _schema(engine: Engine) -> Counter[tuple[str, ...]]:
    with engine.connect() as connection:
        return Counter(
            tuple(map(str, row)) for row in connection.execute(text(choose(engine, **SCHEMA)))
        )
