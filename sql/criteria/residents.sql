-- Residents, and residents of non-western origin.
-- Grain: list year x area. Key: list_year, area_id.
-- Law: almenboligloven § 61 a, stk. 2 and 3; § 61 b.
WITH beboere AS (
    SELECT area_id, ie_type, opr_land
    FROM areas.area_residents
    WHERE list_year = listeaar() AND reference_year = lov_aar('opgoerelse.residents_year_offset')
),

vestlige_lande AS (
    SELECT country_code
    FROM law.countries
    WHERE list_year = listeaar() AND is_western(country_group)
),

-- A country that is unknown, empty or missing from the table counts as non-western.
beboere_med_oprindelse AS (
    SELECT
        beboere.area_id,
        is_of_foreign_origin(beboere.ie_type) AND vestlige_lande.country_code IS NULL AS is_nonwestern
    FROM beboere
    LEFT JOIN vestlige_lande ON vestlige_lande.country_code = beboere.opr_land
)

SELECT
    areas.list_year,
    areas.area_id,
    count(beboere_med_oprindelse.area_id) AS residents,
    count(*) FILTER (WHERE beboere_med_oprindelse.is_nonwestern) AS nonwestern
FROM areas.areas AS areas
LEFT JOIN beboere_med_oprindelse ON beboere_med_oprindelse.area_id = areas.area_id
WHERE areas.list_year = listeaar()
GROUP BY areas.list_year, areas.area_id
ORDER BY areas.list_year, areas.area_id
