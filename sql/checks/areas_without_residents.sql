-- Areas without a resident on the list's status day, and which.
-- Grain: one row, for the list year. Key: none. A count above 0 warns, with the areas' ids, and stops nothing.
-- Law: almenboligloven § 61 a, stk. 3. Source: the contract: an area without residents warns.
SELECT
    count(*) AS areas_without_residents,
    list(area_id ORDER BY area_id) AS named
FROM criteria.residents
WHERE list_year = listeaar() AND residents = 0
