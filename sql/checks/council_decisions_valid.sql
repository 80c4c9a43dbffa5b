-- Council decisions for an area that is no forebyggelsesområde of that municipality on this list. They are ignored.
SELECT count(*) AS council_decisions_valid
FROM cap.council_decisions
WHERE list_year = listeaar() AND NOT valid
