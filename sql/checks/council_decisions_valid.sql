-- Council decisions for an area that is no forebyggelsesområde of that municipality on this list. They are ignored.
SELECT count(*) AS failing_rows
FROM cap.council_decisions
WHERE list_year = listeaar() AND NOT valid
