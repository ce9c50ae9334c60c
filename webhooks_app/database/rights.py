"""Give a table the owner and the rights of another, on PostgreSQL."""

from sqlalchemy import Connection, text

# As statements. The owner comes last, since only the owner can grant.
RIGHTS = text("""
    SELECT format('GRANT %s ON %s TO %s', privilege_type, CAST(:name AS text),
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
    FROM pg_class, aclexplode(relacl)
    WHERE oid = to_regclass(:table) AND grantee <> relowner
    UNION ALL
    SELECT format('ALTER TABLE %s OWNER TO %I', CAST(:name AS text), pg_get_userbyid(relowner))
    FROM pg_class WHERE oid = to_regclass(:table)""")


def share_rights(connection: Connection, table: str, name: str) -> None:
    """`name` gets the owner of `table`, and whoever may use that may use it too."""
    for (statement,) in connection.execute(RIGHTS, {"table": table, "name": name}).all():
        connection.exec_driver_sql(statement)
