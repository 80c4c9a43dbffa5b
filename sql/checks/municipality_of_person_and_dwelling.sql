-- Persons whose municipality is another than their dwelling's. The person's decides the region, the dwelling's the cap.
SELECT count(*) AS failing_rows
FROM registers.bef AS bef
INNER JOIN registers.bolig AS bolig
    ON
        bolig.list_year = bef.list_year
        AND bolig.reference_year = bef.reference_year
        AND bolig.adresse_id = bef.adresse_id
WHERE bef.list_year = listeaar() AND bolig.kom <> bef.kom
