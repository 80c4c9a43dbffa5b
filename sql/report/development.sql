-- The lists of every list year sealed in the home: areas, residents, and the residents' origin, education and share
-- outside work and education.
-- Grain: list year x year x list, also a list that no area stood on. Key: list_year, year, list.
-- Source: the agreement of 15 June 2021 (a report of the residents every year). Law: almenboligloven § 61 a, stk. 5.
WITH lister AS (
    SELECT unnest(['udsat_boligomraade', 'parallelsamfund', 'omdannelsesomraade', 'forebyggelsesomraade']) AS list
),

aar AS (
    SELECT list_year AS year
    FROM published.editions
    WHERE list_year <= listeaar()
)

SELECT
    CAST(listeaar() AS SMALLINT) AS list_year,
    aar.year,
    lister.list,
    count(area_status.area_id) AS areas,
    CAST(coalesce(sum(area_criteria.residents), 0) AS BIGINT) AS residents,
    CAST(coalesce(sum(area_criteria.nonwestern), 0) AS BIGINT) AS nonwestern,
    CAST(coalesce(sum(area_criteria.persons_30_59), 0) AS BIGINT) AS persons_30_59,
    CAST(coalesce(sum(area_criteria.primary_only), 0) AS BIGINT) AS primary_only,
    CAST(coalesce(sum(area_criteria.persons_18_64_y1), 0) AS BIGINT) AS persons_18_64,
    share(
        CAST(sum(CAST(area_criteria.outside_share * 10000000000 AS HUGEINT) * area_criteria.persons_18_64_y1) AS HUGEINT),
        CAST(sum(area_criteria.persons_18_64_y1) AS HUGEINT) * 10000000000
    ) AS outside_share
FROM aar
CROSS JOIN lister
LEFT JOIN published.area_status AS area_status
    ON
        area_status.list_year = aar.year
        AND is_on_list(lister.list, area_status.status, area_status.parallelsamfund, area_status.omdannelsesomraade)
LEFT JOIN published.area_criteria AS area_criteria
    ON area_criteria.list_year = aar.year AND area_criteria.area_id = area_status.area_id
GROUP BY aar.year, lister.list
ORDER BY ALL
