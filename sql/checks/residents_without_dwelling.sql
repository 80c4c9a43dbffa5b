-- Persons whose address is empty or is no dwelling of the same day. They belong to no area.
SELECT count(*) AS failing_rows
FROM registers.bef AS bef
LEFT JOIN registers.bolig AS bolig
    ON
        bolig.list_year = bef.list_year
        AND bolig.reference_year = bef.reference_year
        AND bolig.adresse_id = bef.adresse_id
WHERE bef.list_year = listeaar() AND bolig.adresse_id IS NULL
