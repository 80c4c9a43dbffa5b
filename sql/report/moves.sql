-- Moves into and out of the listed areas between the two status days, with the movers' employment and education.
-- Grain: list year x direction x measure x category x counterpart x group x area (area empty: the group; only the
-- measure of all movers is told of areas).
-- Key: list_year, direction, measure, category, counterpart, housing_group, area_id.
-- Source: the annual report that the agreement of 15 June 2021 asks for (who moves, docs/report.md).
-- Law: almenboligloven § 61 a, stk. 3. A person moved where the listed area is another on the two days, or is none on
-- one of them. The areas and their boundaries are those of the list year on both days, so a changed boundary moves
-- nobody.
WITH dage AS (
    SELECT max(reference_year) AS now_year, max(reference_year) - 1 AS before_year
    FROM registers.bef
    WHERE list_year = listeaar()
),

-- Whoever lives in a listed area on one of the two days: nobody else can have moved into or out of one.
omraadernes_beboere AS (
    SELECT DISTINCT people.pnr
    FROM report.people AS people
    INNER JOIN dage ON people.reference_year IN (dage.before_year, dage.now_year)
    WHERE people.list_year = listeaar() AND people.area_id IS NOT NULL
),

foer AS (
    SELECT people.*
    FROM report.people AS people
    INNER JOIN dage ON dage.before_year = people.reference_year
    SEMI JOIN omraadernes_beboere ON omraadernes_beboere.pnr = people.pnr
    WHERE people.list_year = listeaar()
),

nu AS (
    SELECT people.*
    FROM report.people AS people
    INNER JOIN dage ON dage.now_year = people.reference_year
    SEMI JOIN omraadernes_beboere ON omraadernes_beboere.pnr = people.pnr
    WHERE people.list_year = listeaar()
),

flytninger AS (
    SELECT
        coalesce(foer.pnr, nu.pnr) AS pnr,
        foer.area_id AS area_before,
        nu.area_id AS area_now,
        foer.housing_group AS group_before,
        nu.housing_group AS group_now,
        CASE WHEN nu.pnr IS NOT NULL THEN nu.age ELSE foer.age + 1 END AS age,
        foer.pnr IS NULL AS came,
        nu.pnr IS NULL AS went,
        foer.pnr IS NULL AND nu.foed_dag >= statusdag(nu.reference_year - 1) AS born,
        foer.kom IS DISTINCT FROM nu.kom AS other_municipality
    FROM foer
    FULL JOIN nu ON nu.pnr = foer.pnr
    WHERE foer.area_id IS DISTINCT FROM nu.area_id
),

begge_retninger AS (
    SELECT
        'ud' AS direction, group_before AS housing_group, area_before AS area_id, pnr, age,
        CASE
            WHEN went THEN 'udlandet_eller_doed'
            WHEN area_now IS NOT NULL THEN 'andet_omraade'
            WHEN other_municipality THEN 'anden_kommune'
            WHEN group_now = 'oevrige_almene' THEN 'oevrige_almene'
            ELSE 'oevrige_boliger'
        END AS counterpart
    FROM flytninger
    WHERE area_before IS NOT NULL
    UNION ALL
    SELECT
        'ind', group_now, area_now, pnr, age,
        CASE
            WHEN born THEN 'nyfoedt'
            WHEN came THEN 'udlandet'
            WHEN area_before IS NOT NULL THEN 'andet_omraade'
            WHEN other_municipality THEN 'anden_kommune'
            WHEN group_before = 'oevrige_almene' THEN 'oevrige_almene'
            ELSE 'oevrige_boliger'
        END
    FROM flytninger
    WHERE area_now IS NOT NULL
),

med_traek AS (
    SELECT
        begge_retninger.*,
        coalesce(traits.education, 'grundskole') AS education,
        coalesce(traits.employment, 'oevrige') AS employment
    FROM begge_retninger
    LEFT JOIN report.traits AS traits
        ON traits.list_year = listeaar() AND traits.pnr = begge_retninger.pnr
),

fordelt AS (
    SELECT direction, 'alle' AS measure, 'i_alt' AS category, counterpart, housing_group, area_id FROM med_traek
    UNION ALL
    SELECT direction, 'beskaeftigelse', employment, counterpart, housing_group, NULL
    FROM med_traek
    WHERE age BETWEEN lov('opgoerelse.outside_age_from') AND lov('opgoerelse.outside_age_to')
    UNION ALL
    SELECT direction, 'uddannelse', education, counterpart, housing_group, NULL
    FROM med_traek
    WHERE age BETWEEN lov('opgoerelse.primary_only_age_from') AND lov('opgoerelse.primary_only_age_to')
)

SELECT
    CAST(listeaar() AS SMALLINT) AS list_year,
    direction,
    measure,
    category,
    counterpart,
    housing_group,
    CASE WHEN grouping(area_id) = 0 THEN area_id END AS area_id,
    count(*) AS persons
FROM fordelt
GROUP BY GROUPING SETS (
    (direction, measure, category, counterpart, housing_group),
    (direction, measure, category, counterpart, housing_group, area_id)
)
HAVING grouping(area_id) = 1 OR area_id IS NOT NULL
ORDER BY ALL
