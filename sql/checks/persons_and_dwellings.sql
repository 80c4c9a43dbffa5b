-- Persons beside the dwelling at their address on a status day, in one pass.
-- Those whose address is empty or is no dwelling belong to no area. Where the municipalities differ, the person's
-- decides the region and the dwelling's the cap.
WITH boliger AS (
    SELECT adresse_id, kom
    FROM registers.bolig
    WHERE list_year = listeaar() AND reference_year = getvariable('status_year')
)

SELECT
    count(*) FILTER (WHERE boliger.adresse_id IS NULL) AS residents_without_dwelling,
    count(*) FILTER (WHERE boliger.kom <> bef.kom) AS municipality_of_person_and_dwelling
FROM registers.bef AS bef
LEFT JOIN boliger ON boliger.adresse_id = bef.adresse_id
WHERE bef.list_year = listeaar() AND bef.reference_year = getvariable('status_year')
