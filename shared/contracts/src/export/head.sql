-- Tables over OrderFlow's daily export, for Amazon Athena, and views for dashboards (Superset, QuickSight, Metabase).
-- Generated from the rows' types; see docs/analytics.md. Put the names of your bucket and tenant in:
--   sed -e 's/BUCKET/orderflow-reports-…/; s/TENANT/acme/' docs/athena.sql
-- Moments are RFC 3339 in UTC, days are ISO 8601, amounts are minor units. Nothing says who an order is for.

CREATE DATABASE IF NOT EXISTS orderflow;
