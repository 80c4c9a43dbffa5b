-- What each area is by this year's figures alone, before its history is looked at.
-- Grain: list year x area. Key: list_year, area_id.
-- Law: almenboligloven § 61 a, stk. 1-3; § 61 b.
WITH opfyldt AS (
    SELECT
        area_id,
        bool_or(met) FILTER (WHERE category = 'udsat_boligomraade' AND criterion = 'residents') AS residents_61a,
        bool_or(met) FILTER (WHERE category = 'forebyggelsesomraade' AND criterion = 'residents') AS residents_61b,
        bool_or(met) FILTER (WHERE category = 'parallelsamfund' AND criterion = 'nonwestern') AS nonwestern_61a,
        bool_or(met) FILTER (WHERE category = 'forebyggelsesomraade' AND criterion = 'nonwestern') AS nonwestern_61b,
        count(*) FILTER (
            WHERE met AND category = 'udsat_boligomraade' AND criterion IN ('outside', 'convicted', 'primary_only', 'income')
        ) AS criteria_met_61a,
        -- empty where no § 61 b is in force
        CASE WHEN count(*) FILTER (WHERE category = 'forebyggelsesomraade') > 0 THEN count(*) FILTER (
            WHERE met AND category = 'forebyggelsesomraade' AND criterion IN ('outside', 'convicted', 'primary_only', 'income')
        ) END AS criteria_met_61b
    FROM criteria.criteria_met
    WHERE list_year = listeaar()
    GROUP BY area_id
),

nok_kriterier AS (
    SELECT
        opfyldt.area_id,
        bool_or(meets(opfyldt.criteria_met_61a, 1, law.operator, law.numerator, law.denominator))
            FILTER (WHERE law.parameter = 'udsat_boligomraade.criteria_needed') AS enough_61a,
        bool_or(meets(opfyldt.criteria_met_61b, 1, law.operator, law.numerator, law.denominator))
            FILTER (WHERE law.parameter = 'forebyggelsesomraade.criteria_needed') AS enough_61b
    FROM opfyldt
    CROSS JOIN law.parameters AS law
    WHERE law.list_year = listeaar()
    GROUP BY opfyldt.area_id
)

SELECT
    areas.list_year,
    areas.area_id,
    opfyldt.criteria_met_61a,
    opfyldt.criteria_met_61b,
    opfyldt.residents_61a AND nok_kriterier.enough_61a AS udsat_boligomraade,
    opfyldt.residents_61a AND nok_kriterier.enough_61a AND opfyldt.nonwestern_61a AS parallelsamfund,
    -- the lists are disjoint: an udsat boligområde is no forebyggelsesområde
    NOT (opfyldt.residents_61a AND nok_kriterier.enough_61a)
    AND coalesce(opfyldt.residents_61b AND opfyldt.nonwestern_61b AND nok_kriterier.enough_61b, false)
        AS forebyggelsesomraade
FROM areas.areas AS areas
INNER JOIN opfyldt ON opfyldt.area_id = areas.area_id
INNER JOIN nok_kriterier ON nok_kriterier.area_id = areas.area_id
WHERE areas.list_year = listeaar()
ORDER BY areas.list_year, areas.area_id
