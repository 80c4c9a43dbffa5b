-- Areas without a resident on the list's status day, and which.
SELECT
    count(*) AS areas_without_residents,
    list(area_id ORDER BY area_id) AS named
FROM criteria.residents
WHERE list_year = listeaar() AND residents = 0
