-- Persons beside the dwelling at their address on the same day, in one pass.
-- Those whose address is empty or is no dwelling belong to no area. Where the municipalities differ, the person's
-- decides the region and the dwelling's the cap.
WITH boliger AS (
    SELECT reference_year, adresse_id, kom
    FROM registers.bolig
    WHERE list_year = listeaar()
)

SELECT
    count(*) FILTER (WHERE boliger.adresse_id IS NULL) AS residents_without_dwelling,
    count(*) FILTER (WHERE boliger.kom <> bef.kom) AS municipality_of_person_and_dwelling
FROM registers.bef AS bef
LEFT JOIN boliger ON boliger.reference_year = bef.reference_year AND boliger.adresse_id = bef.adresse_id
WHERE bef.list_year = listeaar()
