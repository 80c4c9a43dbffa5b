-- The income of taxable residents who are not students, per group of homes and per listed area, with whether a few
-- of them make up most of it.
-- Grain: list year x group x area (both empty: the country; area empty: the group).
-- Key: list_year, housing_group, area_id.
-- Law: the group of almenboligloven § 61 a, stk. 1, nr. 4. Limits of dominance: law/disclosure.yaml.
WITH uddannelsessoegende AS (
    SELECT DISTINCT pnr
    FROM registers.akm
    WHERE
        list_year = listeaar()
        AND reference_year = lov_aar('opgoerelse.income_year_offset')
        AND is_student(socio13)
),

indkomster AS (
    SELECT
        coalesce(people.housing_group, 'oevrige_boliger') AS housing_group,
        people.area_id,
        CAST(100 * ind.perindkialt_13 AS BIGINT) AS income_oere
    FROM report.people AS people
    INNER JOIN registers.ind AS ind ON ind.list_year = people.list_year AND ind.pnr = people.pnr
    ANTI JOIN uddannelsessoegende ON uddannelsessoegende.pnr = people.pnr
    WHERE
        people.list_year = listeaar()
        AND people.reference_year = lov_aar('opgoerelse.residents_year_offset')
        AND people.age BETWEEN lov('opgoerelse.income_age_from') AND lov('opgoerelse.income_age_to')
        AND ind.reference_year = lov_aar('opgoerelse.income_year_offset')
        AND is_taxable(ind.omfang, ind.perindkialt_13)
),

samlet AS (
    SELECT
        CASE WHEN grouping(housing_group) = 0 THEN housing_group END AS housing_group,
        CASE WHEN grouping(area_id) = 0 THEN area_id END AS area_id,
        count(*) AS persons,
        sum(income_oere) AS income_oere,
        sum(abs(income_oere)) AS absolute_oere,
        max(abs(income_oere), 2) AS largest
    FROM indkomster
    GROUP BY GROUPING SETS ((), (housing_group), (housing_group, area_id))
    HAVING grouping(area_id) = 1 OR area_id IS NOT NULL
)

SELECT
    CAST(listeaar() AS SMALLINT) AS list_year,
    housing_group,
    area_id,
    persons,
    CAST(income_oere AS BIGINT) AS income_oere,
    100 * largest[1] > getvariable('disclosure_limits')['dominance_one_pct'] * absolute_oere
    OR 100 * list_sum(largest) > getvariable('disclosure_limits')['dominance_two_pct'] * absolute_oere AS dominated
FROM samlet
ORDER BY ALL
