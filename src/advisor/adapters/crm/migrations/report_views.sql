-- Views for the dashboards of a host, the same on both databases. Columns are in docs/crm.md.

CREATE VIEW report_clients AS
SELECT id AS client_id, segment, currency, level, age, assessed_on, since
FROM clients WHERE until IS NULL;

CREATE VIEW report_segments AS
SELECT family, tag, COUNT(*) AS clients,
       SUM(CASE WHEN provenance = 'person' THEN 1 ELSE 0 END) AS by_person
FROM tags GROUP BY family, tag;

CREATE VIEW report_advice AS
SELECT run, as_of, status, level, COUNT(*) AS clients,
       AVG(expected_return) AS expected_return, AVG(expected_volatility) AS expected_volatility,
       AVG(stressed_loss) AS stressed_loss
FROM advice GROUP BY run, as_of, status, level;

CREATE VIEW report_picks AS
SELECT run, product_id, COUNT(*) AS clients, SUM(CASE WHEN money > 0 THEN 1 ELSE 0 END) AS buys
FROM picks GROUP BY run, product_id;

CREATE VIEW report_feedback AS
SELECT kind, about, COUNT(*) AS answers, AVG(score) AS mean_score,
       SUM(CASE WHEN kind = 'complaint' AND closed IS NULL THEN 1 ELSE 0 END) AS open_complaints
FROM feedback GROUP BY kind, about;

CREATE VIEW report_coverage AS
SELECT COUNT(*) AS clients,
       SUM(CASE WHEN c.level IS NOT NULL OR c.assessed_at IS NOT NULL THEN 1 ELSE 0 END)
         AS assessed,
       SUM(CASE WHEN c.id IN (SELECT client_id FROM (
SELECT a.* FROM advice a JOIN (
  SELECT client_id, MAX(as_of) AS as_of FROM advice GROUP BY client_id
) l ON l.client_id = a.client_id AND l.as_of = a.as_of
) x) THEN 1 ELSE 0 END) AS advised,
       SUM(CASE WHEN c.id IN (SELECT client_id FROM tags) THEN 1 ELSE 0 END) AS tagged
FROM clients c WHERE c.until IS NULL;

CREATE VIEW report_actions AS
SELECT play, state, COUNT(*) AS actions FROM actions GROUP BY play, state;

CREATE VIEW report_consents AS
SELECT purpose, COUNT(*) AS asked,
       SUM(CASE WHEN withdrawn IS NULL THEN 1 ELSE 0 END) AS standing
FROM consents GROUP BY purpose;
