-- Each figure of each area held against each limit that is in force for it.
-- Grain: list year x area x category x criterion. Key: list_year, area_id, category, criterion.
-- Law: almenboligloven § 61 a, stk. 1-3; § 61 b. Limits and operators come from law.parameters.
WITH tal AS (
    SELECT
        list_year,
        area_id,
        unnest(['residents', 'nonwestern', 'outside', 'convicted', 'primary_only', 'income']) AS criterion,
        unnest([
            CAST(residents AS HUGEINT),
            CASE WHEN residents > 0 THEN CAST(nonwestern AS HUGEINT) END,
            outside_numerator,
            -- the area's share over the national one
            CASE WHEN national_convicted_numerator > 0 THEN convicted_numerator * (national_convicted_denominator // 2) END,
            CASE WHEN persons_30_59 > 0 THEN CAST(primary_only AS HUGEINT) END,
            -- the area's mean over the region's
            CASE WHEN income_persons > 0 AND region_income_oere <> 0 THEN
                CAST(income_oere AS HUGEINT) * region_income_persons * sign(region_income_oere)
            END
        ]) AS numerator,
        unnest([
            CAST(1 AS HUGEINT),
            CAST(residents AS HUGEINT),
            outside_denominator,
            national_convicted_numerator * (convicted_denominator // 2),
            CAST(persons_30_59 AS HUGEINT),
            abs(CAST(region_income_oere AS HUGEINT)) * income_persons
        ]) AS denominator
    FROM criteria.area_figures
    WHERE list_year = listeaar()
),

graenser AS (
    SELECT
        split_part(parameter, '.', 1) AS category,
        split_part(parameter, '.', 2) AS criterion,
        parameter,
        operator,
        numerator,
        denominator
    FROM law.parameters
    WHERE
        list_year = listeaar()
        AND split_part(parameter, '.', 1) IN ('udsat_boligomraade', 'parallelsamfund', 'forebyggelsesomraade')
)

SELECT
    tal.list_year,
    tal.area_id,
    graenser.category,
    tal.criterion,
    CASE WHEN tal.numerator IS NOT NULL THEN CAST(tal.numerator AS VARCHAR) END AS numerator,
    CASE WHEN tal.numerator IS NOT NULL THEN CAST(tal.denominator AS VARCHAR) END AS denominator,
    graenser.parameter,
    graenser.operator,
    graenser.numerator AS limit_numerator,
    graenser.denominator AS limit_denominator,
    meets(tal.numerator, tal.denominator, graenser.operator, graenser.numerator, graenser.denominator) AS met
FROM tal
INNER JOIN graenser ON graenser.criterion = tal.criterion
ORDER BY tal.list_year, tal.area_id, graenser.category, tal.criterion
