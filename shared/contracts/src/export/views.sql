
-- Each order once, as it last stood.
CREATE OR REPLACE VIEW orderflow.latest_orders AS
SELECT *
FROM (
  SELECT o.*, row_number() OVER (PARTITION BY order_id ORDER BY version DESC, day DESC) AS newest
  FROM orderflow.orders AS o
)
WHERE newest = 1;

-- What was ordered, a row for each line.
CREATE OR REPLACE VIEW orderflow.order_lines AS
SELECT
  o.order_id, o.placed_on, o.channel, o.country, o.status, o.currency,
  line.sku, line.quantity, line.unit_price_minor, line.quantity * line.unit_price_minor AS line_minor
FROM orderflow.latest_orders AS o
CROSS JOIN UNNEST(o.lines) AS t (line);

-- What was sold a day, what was called off left out.
CREATE OR REPLACE VIEW orderflow.daily_sales AS
SELECT placed_on, channel, currency, count(*) AS orders, sum(units) AS units, sum(total_minor) AS revenue_minor
FROM orderflow.latest_orders
WHERE status <> 'cancelled'
GROUP BY placed_on, channel, currency;

-- Promises: orders that were due on a day, and those of them that had arrived by then.
CREATE OR REPLACE VIEW orderflow.daily_promises AS
SELECT
  eta, carrier, country, count(*) AS orders,
  count_if(status IN ('delivered', 'completed') AND delayed_since IS NULL) AS kept,
  count_if(delayed_since IS NOT NULL) AS late
FROM orderflow.latest_orders
WHERE eta IS NOT NULL
GROUP BY eta, carrier, country;
