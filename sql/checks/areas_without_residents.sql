-- Areas without a resident on the list's status day.
SELECT count(*) AS areas_without_residents
FROM criteria.residents
WHERE list_year = listeaar() AND residents = 0
