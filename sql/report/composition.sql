-- Residents by age, origin, education and employment, per group of homes and per listed area.
-- Grain: list year x dimension x category x group x area (both empty: the country; area empty: the group).
-- Key: list_year, dimension, category, housing_group, area_id.
-- Source: the agreement of 15 June 2021 (the composition of the residents, their education and employment).
-- Law: almenboligloven § 61 a, stk. 2 and 3. Ages are those of the criteria: education is told of the ages of the
-- criterion of grundskole, employment of the ages of the criterion of those outside work and education.
WITH personer AS (
    SELECT
        coalesce(people.housing_group, 'oevrige_boliger') AS housing_group,
        people.area_id,
        CASE
            WHEN people.age IS NULL THEN 'uoplyst'
            WHEN people.age < lov('opgoerelse.outside_age_from') THEN 'boern'
            WHEN people.age < lov('opgoerelse.primary_only_age_from') THEN 'unge'
            WHEN people.age <= lov('opgoerelse.primary_only_age_to') THEN 'midt'
            WHEN people.age <= lov('opgoerelse.outside_age_to') THEN 'seniorer'
            ELSE 'aeldre'
        END AS age_band,
        people.origin,
        coalesce(traits.education, 'grundskole') AS education,
        coalesce(traits.employment, 'oevrige') AS employment,
        count(*) AS persons
    FROM report.people AS people
    LEFT JOIN report.traits AS traits ON traits.list_year = people.list_year AND traits.pnr = people.pnr
    WHERE
        people.list_year = listeaar()
        AND people.reference_year = lov_aar('opgoerelse.residents_year_offset')
    GROUP BY ALL
),

fordelt AS (
    SELECT 'alder' AS dimension, age_band AS category, housing_group, area_id, persons FROM personer
    UNION ALL
    SELECT 'oprindelse', origin, housing_group, area_id, persons FROM personer
    UNION ALL
    SELECT 'uddannelse', education, housing_group, area_id, persons FROM personer WHERE age_band = 'midt'
    UNION ALL
    SELECT 'beskaeftigelse', employment, housing_group, area_id, persons
    FROM personer WHERE age_band IN ('unge', 'midt', 'seniorer')
)

SELECT
    CAST(listeaar() AS SMALLINT) AS list_year,
    dimension,
    category,
    CASE WHEN grouping(housing_group) = 0 THEN housing_group END AS housing_group,
    CASE WHEN grouping(area_id) = 0 THEN area_id END AS area_id,
    CAST(sum(persons) AS BIGINT) AS persons
FROM fordelt
GROUP BY GROUPING SETS (
    (dimension, category), (dimension, category, housing_group), (dimension, category, housing_group, area_id)
)
HAVING grouping(area_id) = 1 OR area_id IS NOT NULL
ORDER BY ALL
