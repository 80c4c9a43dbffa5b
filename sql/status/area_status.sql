-- The status of each area.
-- Grain: list year x area. Key: list_year, area_id.
-- Law: almenboligloven § 61 a, stk. 1, 2 and 4; § 61 b.
WITH seneste_brud AS (
    SELECT area_id, max(year) FILTER (WHERE NOT parallelsamfund) AS year
    FROM status.parallelsamfund_history
    WHERE list_year = listeaar()
    GROUP BY area_id
),

-- Unbroken years as parallelsamfund up to and including this one; a break starts the count anew.
ubrudte_aar AS (
    SELECT
        area_id,
        CAST(least(listeaar() - coalesce(year, listeaar() - lov('omdannelsesomraade.years')),
                   lov('omdannelsesomraade.years')) AS BIGINT) AS years
    FROM seneste_brud
)

SELECT
    figures.list_year,
    figures.area_id,
    figures.area_name,
    kommunekode(figures.kom) AS kom,
    figures.residents,
    CASE
        WHEN categories.udsat_boligomraade THEN 'udsat_boligomraade'
        WHEN categories.forebyggelsesomraade THEN 'forebyggelsesomraade'
        ELSE 'ikke_omfattet'
    END AS status,
    categories.parallelsamfund,
    ubrudte_aar.years >= lov('omdannelsesomraade.years') AS omdannelsesomraade,
    categories.criteria_met_61a,
    categories.criteria_met_61b,
    ubrudte_aar.years AS years_as_parallelsamfund
FROM criteria.area_figures AS figures
INNER JOIN status.area_categories AS categories
    ON categories.list_year = figures.list_year AND categories.area_id = figures.area_id
INNER JOIN ubrudte_aar ON ubrudte_aar.area_id = figures.area_id
WHERE figures.list_year = listeaar()
ORDER BY figures.list_year, figures.area_id
