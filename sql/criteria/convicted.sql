-- Adult residents of the areas, and those of them convicted, per year.
-- Grain: list year x area x year. Key: list_year, area_id, year.
-- Law: almenboligloven § 61 a, stk. 1, nr. 2; § 61 b, nr. 2.
WITH aar AS (
    SELECT unnest([lov_aar('opgoerelse.convicted_year_offset_1'), lov_aar('opgoerelse.convicted_year_offset_2')]) AS year
),

voksne_beboere AS (
    SELECT area_id, reference_year - 1 AS year, pnr
    FROM areas.area_residents
    WHERE
        list_year = listeaar()
        AND reference_year IN (
            lov_aar('opgoerelse.convicted_year_offset_1') + 1, lov_aar('opgoerelse.convicted_year_offset_2') + 1
        )
        AND has_age(foed_dag, statusdag(reference_year), lov('opgoerelse.convicted_age_from'))
),

-- A person counts once, however many decisions.
doemte AS (
    SELECT DISTINCT reference_year AS year, pnr
    FROM registers.kraf
    WHERE
        list_year = listeaar()
        AND is_conviction(offence_class, sanction_class)
),

optaelling AS (
    SELECT voksne_beboere.area_id, voksne_beboere.year, count(*) AS adults, count(doemte.pnr) AS convicted
    FROM voksne_beboere
    LEFT JOIN doemte ON doemte.year = voksne_beboere.year AND doemte.pnr = voksne_beboere.pnr
    GROUP BY voksne_beboere.area_id, voksne_beboere.year
)

SELECT
    areas.list_year,
    areas.area_id,
    aar.year,
    coalesce(optaelling.adults, 0) AS adults,
    coalesce(optaelling.convicted, 0) AS convicted
FROM areas.areas AS areas
CROSS JOIN aar
LEFT JOIN optaelling ON optaelling.area_id = areas.area_id AND optaelling.year = aar.year
WHERE areas.list_year = listeaar()
ORDER BY areas.list_year, areas.area_id, aar.year
