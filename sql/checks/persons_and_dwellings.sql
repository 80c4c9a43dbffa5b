-- Persons beside the dwelling at their address on a status day, in one pass.
-- Those whose address is empty or is no dwelling belong to no area. Where the municipalities differ, the person's
-- decides the region and the dwelling's the cap.
-- Grain: one row, for a status day of the list year, with the counts of two checks. Key: none. The counts of a list
-- year's status days are added up; a sum above 0 warns and stops nothing.
-- Law: almenboligloven § 61 a, stk. 3 (the area), nr. 4 of stk. 1 (the region); § 59, stk. 7 and 8 (the cap).
-- Source: the contract: a resident without dwelling warns, and so do two municipalities that differ.
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
