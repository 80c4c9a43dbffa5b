-- Residents of working age outside the labour market and education, in full-time persons, per year.
-- Grain: list year x area x year. Key: list_year, area_id, year.
-- Law: almenboligloven § 61 a, stk. 1, nr. 1; § 61 b, nr. 1.
-- outside_units / full_units is the year's share: both count hundredths of an hour per week times weekdays.
WITH aar AS (
    SELECT unnest([lov_aar('opgoerelse.outside_year_offset_1'), lov_aar('opgoerelse.outside_year_offset_2')]) AS year
),

-- Full support all year: the full-time week on every weekday of the year.
fuldtid AS (
    SELECT year, CAST(100 * lov('opgoerelse.fulltime_hours_per_week') * weekdays_in(year) AS BIGINT) AS units
    FROM aar
),

-- A year's residents are those of the status day that ends it.
beboere AS (
    SELECT area_id, reference_year - 1 AS year, pnr
    FROM areas.area_residents
    WHERE
        list_year = listeaar()
        AND reference_year IN (
            lov_aar('opgoerelse.outside_year_offset_1') + 1, lov_aar('opgoerelse.outside_year_offset_2') + 1
        )
        AND aged(
            foed_dag,
            statusdag(reference_year),
            lov('opgoerelse.outside_age_from'),
            lov('opgoerelse.outside_age_to')
        )
),

medregnede_tilstande AS (
    SELECT pti_tilstand_kode
    FROM law.of_states
    WHERE list_year = listeaar() AND counted
),

-- Only the rows delivered for a year count for it. An empty last day runs on.
forloeb AS (
    SELECT
        reference_year AS year,
        pnr,
        CAST(100 * pti_timer_per_uge AS BIGINT) * weekdays_between(
            greatest(pti_vfra, make_date(reference_year, 1, 1)),
            least(coalesce(pti_vtil, make_date(reference_year, 12, 31)), make_date(reference_year, 12, 31))
        ) AS units
    FROM registers.of AS of
    INNER JOIN medregnede_tilstande ON medregnede_tilstande.pti_tilstand_kode = of.pti_tilstand_kode
    WHERE
        list_year = listeaar()
        AND reference_year IN (
            lov_aar('opgoerelse.outside_year_offset_1'), lov_aar('opgoerelse.outside_year_offset_2')
        )
        AND pti_vfra IS NOT NULL
        AND pti_timer_per_uge IS NOT NULL
),

-- Nobody counts for more than one full-time person.
stoette_per_beboer AS (
    SELECT beboere.area_id, beboere.year, beboere.pnr, least(sum(forloeb.units), any_value(fuldtid.units)) AS units
    FROM beboere
    INNER JOIN forloeb ON forloeb.year = beboere.year AND forloeb.pnr = beboere.pnr
    INNER JOIN fuldtid ON fuldtid.year = beboere.year
    GROUP BY beboere.area_id, beboere.year, beboere.pnr
),

stoette AS (
    SELECT area_id, year, CAST(sum(units) AS BIGINT) AS units
    FROM stoette_per_beboer
    GROUP BY area_id, year
),

personer AS (
    SELECT area_id, year, count(*) AS persons
    FROM beboere
    GROUP BY area_id, year
)

SELECT
    areas.list_year,
    areas.area_id,
    fuldtid.year,
    coalesce(personer.persons, 0) AS persons,
    coalesce(stoette.units, 0) AS outside_units,
    coalesce(personer.persons, 0) * fuldtid.units AS full_units
FROM areas.areas AS areas
CROSS JOIN fuldtid
LEFT JOIN personer ON personer.area_id = areas.area_id AND personer.year = fuldtid.year
LEFT JOIN stoette ON stoette.area_id = areas.area_id AND stoette.year = fuldtid.year
WHERE areas.list_year = listeaar()
ORDER BY areas.list_year, areas.area_id, fuldtid.year
