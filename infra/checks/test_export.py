"""The statements of docs/athena.sql: Athena's grammar, and what the views find in rows of the export."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import jsonschema
import pytest
import sqlglot

ROOT = Path(__file__).resolve().parents[2]
SQL = (ROOT / "docs/athena.sql").read_text(encoding="utf-8").split(";\n")
# One at a time, as Athena takes them: tables are in Hive's words, views in Trino's.
STATEMENTS = [sqlglot.parse_one(sql, read="athena", error_level=sqlglot.ErrorLevel.RAISE) for sql in SQL if sql.strip()]
ORDER = {
    "version": 3, "channel": "api", "status": "processing", "label": "Processing", "payment": "authorized", "fulfilment": "pending", "tracking": "unknown",
    "placed_at": "2025-08-09T10:00:00Z", "placed_on": "2025-08-09", "status_since": "2025-08-09T10:00:00Z", "updated_at": "2025-08-09T10:00:00Z",
    "eta": "2025-08-12", "delivered_on": None, "delayed_since": None, "country": "DE", "carrier": None, "paid_by": None, "currency": "EUR",
    "subtotal_minor": 5998, "discount_minor": 0, "shipping_minor": 0, "tax_minor": 0, "owed_minor": 5998, "total_minor": 5998, "units": 2,
    "lines": [{"sku": "MUG", "quantity": 2, "cancelled": 0, "unit_price_minor": 2999}], "returns": 0, "rating": None,
}  # fmt: skip
DAYS = {
    "2025-08-09": [ORDER | {"order_id": "1001"}, ORDER | {"order_id": "1002", "status": "cancelled"}],
    "2025-08-12": [ORDER | {"order_id": "1001", "version": 6, "status": "delivered", "delivered_on": "2025-08-12"}],
    "2025-08-13": [ORDER | {"order_id": "1003", "placed_on": "2025-08-13", "eta": "2025-08-12", "delivered_on": None, "delayed_since": "2025-08-13T00:00:00Z"}],
    # Late, and no longer called so since it has come; and one that came to us delivered.
    "2025-08-20": [
        ORDER | {"order_id": "1004", "placed_on": "2025-08-13", "status": "completed", "delivered_on": "2025-08-20"},
        ORDER | {"order_id": "1005", "placed_on": "2025-08-13", "status": "delivered"},
    ],
}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """The rows as files, and the views over them."""
    place = tmp_path_factory.mktemp("export")
    schema = json.loads((ROOT / "events/exports/orders.v1.json").read_text(encoding="utf-8"))
    for day, rows in DAYS.items():
        for row in rows:
            jsonschema.validate(row, schema)
        folder = place / f"day={day}"
        folder.mkdir()
        (folder / "part-00000.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    db = duckdb.connect()
    db.execute("CREATE SCHEMA orderflow")
    files = f"{place}/*/*.jsonl"
    db.execute(f"CREATE VIEW orderflow.orders AS SELECT * FROM read_json('{files}', hive_partitioning = true, format = 'newline_delimited')")
    for statement in STATEMENTS:
        if statement.args.get("kind") == "VIEW":
            db.execute(statement.sql(dialect="duckdb"))
    return db


# req: S2-81
def test_every_statement_is_one_of_athena() -> None:
    made = [(statement.args["kind"], statement.this.sql(dialect="trino").split("(")[0].strip()) for statement in STATEMENTS]
    views = ["latest_orders", "order_lines", "daily_sales", "daily_promises"]
    tables = [("DATABASE", "orderflow"), ("TABLE", "orderflow.orders"), ("TABLE", "orderflow.figures")]
    assert made == [*tables, *(("VIEW", f"orderflow.{view}") for view in views)]


# req: S2-81
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("SELECT order_id, status FROM orderflow.latest_orders ORDER BY 1", [("1001", "delivered"), ("1002", "cancelled"), ("1003", "processing"), ("1004", "completed"), ("1005", "delivered")]),
        ("SELECT sku, sum(quantity), sum(line_minor) FROM orderflow.order_lines GROUP BY sku", [("MUG", 10, 29990)]),
        ("SELECT CAST(placed_on AS VARCHAR), orders, units, revenue_minor FROM orderflow.daily_sales ORDER BY 1", [("2025-08-09", 1, 2, 5998), ("2025-08-13", 3, 6, 17994)]),
        ("SELECT CAST(eta AS VARCHAR), sum(orders), sum(kept), sum(late), sum(unknown) FROM orderflow.daily_promises GROUP BY 1", [("2025-08-12", 4, 1, 2, 1)]),
    ],
)  # fmt: skip
def test_the_views_find_what_they_say(warehouse: duckdb.DuckDBPyConnection, query: str, found: list) -> None:
    assert warehouse.execute(query).fetchall() == found
