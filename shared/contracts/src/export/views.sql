
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
