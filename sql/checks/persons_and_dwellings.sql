-- Persons beside the dwelling at their address on the same day, in one pass.
-- Those whose address is empty or is no dwelling belong to no area. Where the municipalities differ, the person's
-- decides the region and the dwelling's the cap.
SELECT
    count(*) FILTER (WHERE bolig.adresse_id IS NULL) AS residents_without_dwelling,
    count(*) FILTER (WHERE bolig.kom <> bef.kom) AS municipality_of_person_and_dwelling
FROM registers.bef AS bef
LEFT JOIN registers.bolig AS bolig
    ON
        bolig.list_year = bef.list_year
        AND bolig.reference_year = bef.reference_year
        AND bolig.adresse_id = bef.adresse_id
WHERE bef.list_year = listeaar()
