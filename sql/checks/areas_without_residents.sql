-- Areas without a resident on the list's status day.
SELECT count(*) AS failing_rows
FROM criteria.residents
WHERE list_year = listeaar() AND residents = 0
