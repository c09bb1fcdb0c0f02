-- Tables over OrderFlow's daily export, for Amazon Athena, and views for dashboards (Superset, QuickSight, Metabase).
-- Generated from the rows' types; see docs/analytics.md. Put the names of your bucket and tenant in:
--   sed -e 's/BUCKET/orderflow-reports-…/; s/TENANT/acme/' docs/athena.sql
-- Moments are RFC 3339 in UTC, days are ISO 8601, amounts are minor units. Nothing says who an order is for.

CREATE DATABASE IF NOT EXISTS orderflow;

CREATE EXTERNAL TABLE IF NOT EXISTS orderflow.orders (
  carrier string COMMENT 'By whom its first parcel goes.',
  channel string COMMENT 'Where it was placed.',
  country string COMMENT 'Where to: ISO 3166-1 alpha-2.',
  currency string COMMENT 'ISO 4217.',
  delayed_since string COMMENT 'Since when it is known to be late, while it is open.',
  delivered_on string COMMENT 'The day on which we heard that it had been delivered, in the time zone of the shop; none if it has not, or came to us delivered.',
  discount_minor bigint COMMENT 'Taken off.',
  eta string COMMENT 'The promised day.',
  fulfilment string COMMENT 'Where the warehouse stood.',
  label string COMMENT 'The word people saw.',
  lines array<struct<cancelled:bigint,quantity:bigint,sku:string,unit_price_minor:bigint>> COMMENT 'What was ordered.',
  order_id string COMMENT 'Its number.',
  owed_minor bigint COMMENT 'What it costs, without what was called off since.',
  paid_by string COMMENT 'How it is paid: "stripe", "cod" and so on.',
  payment string COMMENT 'Where the money stood.',
  placed_at string COMMENT 'When it was placed.',
  placed_on string COMMENT 'The day it was placed on, in the time zone of the shop.',
  rating bigint COMMENT 'How the customer liked it: 1 to 5.',
  returns bigint COMMENT 'Returns that were announced for it.',
  shipping_minor bigint COMMENT 'Shipping.',
  status string COMMENT 'Where it stood.',
  status_since string COMMENT 'Since when it stood there.',
  subtotal_minor bigint COMMENT 'Sum of the lines.',
  tax_minor bigint COMMENT 'Tax that comes on top.',
  total_minor bigint COMMENT 'What was to be paid as it was placed.',
  tracking string COMMENT 'What the carrier said.',
  units bigint COMMENT 'Pieces, without those that were called off since.',
  updated_at string COMMENT 'When it last changed.',
  version bigint COMMENT 'How often it had changed: of two rows of one order the higher is the later.'
)
COMMENT 'Orders that changed on a day, as they stood when it ended.'
PARTITIONED BY (day string)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
STORED AS TEXTFILE
LOCATION 's3://BUCKET/reports/TENANT/export/orders/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.day.type' = 'date',
  'projection.day.format' = 'yyyy-MM-dd',
  'projection.day.range' = '2024-01-01,NOW',
  'storage.location.template' = 's3://BUCKET/reports/TENANT/export/orders/day=${day}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS orderflow.figures (
  field string COMMENT 'Which one: "orders", "units", "revenue:EUR" and so on.',
  point string COMMENT 'Of what: a channel, a payment provider, a SKU; empty if it is of the whole shop.',
  series string COMMENT 'Which figures: "day", "channel", "moves", "payment", "left", "counted", "rating", "sold".',
  value bigint COMMENT 'How much.'
)
COMMENT 'Figures of a day, as they were counted when the export was made.'
PARTITIONED BY (day string)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
STORED AS TEXTFILE
LOCATION 's3://BUCKET/reports/TENANT/export/figures/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.day.type' = 'date',
  'projection.day.format' = 'yyyy-MM-dd',
  'projection.day.range' = '2024-01-01,NOW',
  'storage.location.template' = 's3://BUCKET/reports/TENANT/export/figures/day=${day}/'
);

-- Each order once, as it last stood.
CREATE OR REPLACE VIEW orderflow.latest_orders AS
SELECT *
FROM (
  SELECT o.*, row_number() OVER (PARTITION BY order_id ORDER BY version DESC, day DESC) AS newest
  FROM orderflow.orders AS o
)
WHERE newest = 1;

-- What was ordered, a row for each line. (By its place: unnesting an array of rows in a view does not work in every version of Athena.)
CREATE OR REPLACE VIEW orderflow.order_lines AS
SELECT
  o.order_id, o.placed_on, o.channel, o.country, o.status, o.currency,
  o.lines[t.n].sku AS sku, o.lines[t.n].quantity AS quantity, o.lines[t.n].unit_price_minor AS unit_price_minor,
  o.lines[t.n].quantity * o.lines[t.n].unit_price_minor AS line_minor
FROM (SELECT * FROM orderflow.latest_orders WHERE cardinality(lines) > 0) AS o
CROSS JOIN UNNEST(sequence(1, cardinality(o.lines))) AS t (n);

-- What was sold a day, what was called off left out.
CREATE OR REPLACE VIEW orderflow.daily_sales AS
SELECT placed_on, channel, currency, count(*) AS orders, sum(units) AS units, sum(total_minor) AS revenue_minor
FROM orderflow.latest_orders
WHERE status <> 'cancelled'
GROUP BY placed_on, channel, currency;

-- Promises: orders that were due on a day, how many had arrived by then, how many came or are later, and how many came nobody knows when. What was called
-- off promises nothing.
CREATE OR REPLACE VIEW orderflow.daily_promises AS
SELECT
  eta, carrier, country, count(*) AS orders,
  count_if(delivered_on <= eta) AS kept,
  count_if(delivered_on > eta OR (delivered_on IS NULL AND delayed_since IS NOT NULL)) AS late,
  count_if(delivered_on IS NULL AND status IN ('delivered', 'completed', 'return_requested', 'returned')) AS unknown
FROM orderflow.latest_orders
WHERE eta IS NOT NULL AND status <> 'cancelled'
GROUP BY eta, carrier, country;
