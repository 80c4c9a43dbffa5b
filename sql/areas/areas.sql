-- The social housing areas in force for the list, with municipality and region.
-- Grain: list year x area. Key: list_year, area_id.
-- Law: almenboligloven § 61 a, stk. 3 (the area), nr. 4 of stk. 1 (the region).
WITH boligomraader AS (
    SELECT
        list_year,
        area_id,
        max(navn) AS navn,
        max(kom) AS kom
    FROM registers.omraade
    WHERE list_year = listeaar() AND area_id IS NOT NULL
    GROUP BY list_year, area_id
)

SELECT
    boligomraader.list_year,
    boligomraader.area_id,
    boligomraader.navn AS area_name,
    boligomraader.kom,
    kommuner.reg
FROM boligomraader
LEFT JOIN law.municipalities AS kommuner
    ON kommuner.list_year = boligomraader.list_year AND kommuner.kom = boligomraader.kom
ORDER BY boligomraader.list_year, boligomraader.area_id
