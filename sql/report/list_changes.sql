-- The areas on each list this year or the year before: new, still there, or gone.
-- Grain: list year x list x area. Key: list_year, list, area_id.
-- Law: almenboligloven § 61 a, stk. 5. The year before is the home's own edition, else the list published then.
WITH lister AS (
    SELECT unnest(['udsat_boligomraade', 'parallelsamfund', 'omdannelsesomraade', 'forebyggelsesomraade']) AS list
),

i_aar AS (
    SELECT lister.list, area_status.area_id
    FROM status.area_status AS area_status
    CROSS JOIN lister
    WHERE
        area_status.list_year = listeaar()
        AND is_on_list(lister.list, area_status.status, area_status.parallelsamfund, area_status.omdannelsesomraade)
),

egne AS (
    SELECT lister.list, area_status.area_id, area_status.area_name, area_status.kom
    FROM published.area_status AS area_status
    CROSS JOIN lister
    WHERE
        area_status.list_year = listeaar() - 1
        AND is_on_list(lister.list, area_status.status, area_status.parallelsamfund, area_status.omdannelsesomraade)
),

-- An omdannelsesområde is a parallelsamfund, and that is udsat, also where the list has no row that says so.
offentliggjort AS (
    SELECT DISTINCT lister.list, liste.area_id
    FROM registers.liste AS liste
    INNER JOIN lister
        ON
            liste.liste = lister.list
            OR (liste.liste = 'omdannelsesomraade' AND lister.list IN ('parallelsamfund', 'udsat_boligomraade'))
            OR (liste.liste = 'parallelsamfund' AND lister.list = 'udsat_boligomraade')
    WHERE
        liste.list_year = listeaar()
        AND liste.reference_year = listeaar() - 1
        AND NOT EXISTS (SELECT 1 FROM published.editions AS editions WHERE editions.list_year = listeaar() - 1)
),

sidste_aar AS (
    SELECT list, area_id, area_name, kom
    FROM egne
    UNION ALL
    SELECT list, area_id, NULL, NULL
    FROM offentliggjort
)

SELECT
    CAST(listeaar() AS SMALLINT) AS list_year,
    coalesce(i_aar.list, sidste_aar.list) AS list,
    coalesce(i_aar.area_id, sidste_aar.area_id) AS area_id,
    coalesce(area_status.area_name, sidste_aar.area_name) AS area_name,
    coalesce(area_status.kom, sidste_aar.kom) AS kom,
    area_status.residents,
    CASE
        WHEN sidste_aar.area_id IS NULL THEN 'ny'
        WHEN i_aar.area_id IS NULL THEN 'udgaaet'
        ELSE 'fortsat'
    END AS change
FROM i_aar
FULL JOIN sidste_aar ON sidste_aar.list = i_aar.list AND sidste_aar.area_id = i_aar.area_id
LEFT JOIN status.area_status AS area_status
    ON area_status.list_year = listeaar() AND area_status.area_id = coalesce(i_aar.area_id, sidste_aar.area_id)
ORDER BY ALL
