-- Each area's status and figures in every list year sealed in the home, with the counts that say whether a figure rests
-- on few, and whether it stood near the limits of § 61 b.
-- Grain: list year x year x area. Key: list_year, year, area_id. Law: § 61 a, § 61 b; redegoerelse.bandwidth.
-- An area is near where it would meet § 61 b with every limit of its own year moved so far towards the area, and would
-- not with every limit moved as far away. A limit is moved by the bandwidth's part of itself. Exact throughout. Figures
-- of earlier years are those last derived in the home, which a run that succeeds has sealed.
WITH baand AS (
    SELECT numerator, denominator
    FROM law.report_parameters
    WHERE list_year = listeaar() AND parameter = 'redegoerelse.bandwidth'
),

flyttede_graenser AS (
    SELECT
        criteria_met.list_year,
        criteria_met.area_id,
        criteria_met.criterion,
        criteria_met.met,
        CAST(criteria_met.numerator AS HUGEINT) AS numerator,
        CAST(criteria_met.denominator AS HUGEINT) AS denominator,
        criteria_met.operator IN ('>', '>=') AS is_floor,
        criteria_met.limit_denominator * baand.denominator AS limit_denominator,
        criteria_met.limit_numerator * (baand.denominator - baand.numerator) AS lower_numerator,
        criteria_met.limit_numerator * (baand.denominator + baand.numerator) AS upper_numerator
    FROM criteria.criteria_met AS criteria_met
    CROSS JOIN baand
    WHERE criteria_met.list_year <= listeaar() AND criteria_met.category = 'forebyggelsesomraade'
),

holdt_op AS (
    SELECT
        list_year,
        area_id,
        criterion,
        met,
        CASE WHEN is_floor
            THEN meets(numerator, denominator, '>=', lower_numerator, limit_denominator)
            ELSE meets(numerator, denominator, '<=', upper_numerator, limit_denominator)
        END AS nearly,
        CASE WHEN is_floor
            THEN meets(numerator, denominator, '>', upper_numerator, limit_denominator)
            ELSE meets(numerator, denominator, '<', lower_numerator, limit_denominator)
        END AS widely
    FROM flyttede_graenser
),

opfyldt AS (
    SELECT
        list_year,
        area_id,
        bool_or(met) FILTER (WHERE criterion = 'residents') AS large_enough,
        bool_or(nearly) FILTER (WHERE criterion = 'nonwestern') AS nonwestern_nearly,
        bool_or(widely) FILTER (WHERE criterion = 'nonwestern') AS nonwestern_widely,
        count(*) FILTER (WHERE nearly AND criterion NOT IN ('residents', 'nonwestern')) AS criteria_nearly,
        count(*) FILTER (WHERE widely AND criterion NOT IN ('residents', 'nonwestern')) AS criteria_widely
    FROM holdt_op
    GROUP BY list_year, area_id
),

naer AS (
    SELECT
        opfyldt.list_year,
        opfyldt.area_id,
        opfyldt.large_enough,
        opfyldt.nonwestern_nearly
        AND meets(opfyldt.criteria_nearly, 1, noedvendige.operator, noedvendige.numerator, noedvendige.denominator)
        AND NOT (
            opfyldt.nonwestern_widely
            AND meets(opfyldt.criteria_widely, 1, noedvendige.operator, noedvendige.numerator, noedvendige.denominator)
        ) AS near_the_limits
    FROM opfyldt
    INNER JOIN law.parameters AS noedvendige
        ON noedvendige.list_year = opfyldt.list_year AND noedvendige.parameter = 'forebyggelsesomraade.criteria_needed'
)

SELECT
    CAST(listeaar() AS SMALLINT) AS list_year,
    area_status.list_year AS year,
    area_status.area_id,
    area_status.area_name,
    area_status.kom,
    area_status.residents,
    area_status.status,
    area_status.parallelsamfund,
    area_status.omdannelsesomraade,
    coalesce(naer.large_enough, false) AS large_enough,
    coalesce(naer.near_the_limits, false) AS near_the_limits,
    area_criteria.nonwestern,
    area_criteria.nonwestern_share,
    area_criteria.persons_18_64_y2,
    area_criteria.outside_share_y2,
    area_criteria.persons_18_64_y1,
    area_criteria.outside_share_y1,
    area_criteria.outside_share,
    area_criteria.persons_30_59,
    area_criteria.primary_only,
    area_criteria.primary_only_share,
    area_criteria.income_persons,
    area_criteria.income_ratio
FROM published.area_status AS area_status
INNER JOIN published.area_criteria AS area_criteria
    ON area_criteria.list_year = area_status.list_year AND area_criteria.area_id = area_status.area_id
LEFT JOIN naer ON naer.list_year = area_status.list_year AND naer.area_id = area_status.area_id
WHERE area_status.list_year <= listeaar()
ORDER BY ALL
