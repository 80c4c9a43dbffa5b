-- Every figure of an area as an exact fraction of whole numbers. An empty figure has no numerator.
-- Grain: list year x area. Key: list_year, area_id.
-- Law: almenboligloven §§ 61 a and 61 b. A two-year figure is the mean of the two yearly shares.
WITH uden_tilknytning AS (
    SELECT
        area_id,
        max(CASE WHEN year = lov_aar('opgoerelse.outside_year_offset_2') THEN persons END) AS persons_18_64_y2,
        max(CASE WHEN year = lov_aar('opgoerelse.outside_year_offset_2') THEN outside_units END) AS outside_units_y2,
        max(CASE WHEN year = lov_aar('opgoerelse.outside_year_offset_2') THEN full_units END) AS full_units_y2,
        max(CASE WHEN year = lov_aar('opgoerelse.outside_year_offset_1') THEN persons END) AS persons_18_64_y1,
        max(CASE WHEN year = lov_aar('opgoerelse.outside_year_offset_1') THEN outside_units END) AS outside_units_y1,
        max(CASE WHEN year = lov_aar('opgoerelse.outside_year_offset_1') THEN full_units END) AS full_units_y1
    FROM criteria.outside
    WHERE list_year = listeaar()
    GROUP BY area_id
),

doemte AS (
    SELECT
        area_id,
        max(CASE WHEN year = lov_aar('opgoerelse.convicted_year_offset_2') THEN adults END) AS adults_y2,
        max(CASE WHEN year = lov_aar('opgoerelse.convicted_year_offset_2') THEN convicted END) AS convicted_y2,
        max(CASE WHEN year = lov_aar('opgoerelse.convicted_year_offset_1') THEN adults END) AS adults_y1,
        max(CASE WHEN year = lov_aar('opgoerelse.convicted_year_offset_1') THEN convicted END) AS convicted_y1
    FROM criteria.convicted
    WHERE list_year = listeaar()
    GROUP BY area_id
),

doemte_i_landet AS (
    SELECT
        max(CASE WHEN year = lov_aar('opgoerelse.convicted_year_offset_2') THEN adults END) AS national_adults_y2,
        max(CASE WHEN year = lov_aar('opgoerelse.convicted_year_offset_2') THEN convicted END) AS national_convicted_y2,
        max(CASE WHEN year = lov_aar('opgoerelse.convicted_year_offset_1') THEN adults END) AS national_adults_y1,
        max(CASE WHEN year = lov_aar('opgoerelse.convicted_year_offset_1') THEN convicted END) AS national_convicted_y1
    FROM criteria.convicted_national
    WHERE list_year = listeaar()
),

samlet AS (
    SELECT
        areas.list_year,
        areas.area_id,
        areas.area_name,
        areas.kom,
        areas.reg,
        residents.residents,
        residents.nonwestern,
        uden_tilknytning.* EXCLUDE (area_id),
        doemte.* EXCLUDE (area_id),
        doemte_i_landet.*,
        primary_only.persons AS persons_30_59,
        primary_only.primary_only,
        income.persons AS income_persons,
        income.income_oere,
        income_region.persons AS region_income_persons,
        income_region.income_oere AS region_income_oere
    FROM areas.areas AS areas
    INNER JOIN criteria.residents AS residents
        ON residents.list_year = areas.list_year AND residents.area_id = areas.area_id
    INNER JOIN criteria.primary_only AS primary_only
        ON primary_only.list_year = areas.list_year AND primary_only.area_id = areas.area_id
    INNER JOIN criteria.income AS income
        ON income.list_year = areas.list_year AND income.area_id = areas.area_id
    INNER JOIN uden_tilknytning ON uden_tilknytning.area_id = areas.area_id
    INNER JOIN doemte ON doemte.area_id = areas.area_id
    CROSS JOIN doemte_i_landet
    LEFT JOIN criteria.income_region AS income_region
        ON income_region.list_year = areas.list_year AND income_region.reg = areas.reg
    WHERE areas.list_year = listeaar()
)

SELECT
    *,
    -- (a/A + b/B) / 2 = (a B + b A) / (2 A B); empty where a year has no persons.
    CASE WHEN persons_18_64_y1 > 0 AND persons_18_64_y2 > 0 THEN
        CAST(outside_units_y2 AS HUGEINT) * full_units_y1 + CAST(outside_units_y1 AS HUGEINT) * full_units_y2
    END AS outside_numerator,
    2 * CAST(full_units_y1 AS HUGEINT) * full_units_y2 AS outside_denominator,
    CASE WHEN adults_y1 > 0 AND adults_y2 > 0 THEN
        CAST(convicted_y2 AS HUGEINT) * adults_y1 + CAST(convicted_y1 AS HUGEINT) * adults_y2
    END AS convicted_numerator,
    2 * CAST(adults_y1 AS HUGEINT) * adults_y2 AS convicted_denominator,
    CASE WHEN national_adults_y1 > 0 AND national_adults_y2 > 0 THEN
        CAST(national_convicted_y2 AS HUGEINT) * national_adults_y1
        + CAST(national_convicted_y1 AS HUGEINT) * national_adults_y2
    END AS national_convicted_numerator,
    2 * CAST(national_adults_y1 AS HUGEINT) * national_adults_y2 AS national_convicted_denominator
FROM samlet
ORDER BY list_year, area_id
