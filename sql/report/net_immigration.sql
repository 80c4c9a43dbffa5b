-- Migrations into and out of the country per year, by origin as the law of the list year groups countries.
-- Grain: list year x year x direction x origin. Only rows dated in their year count.
-- Key: list_year, year, direction, origin.
-- Source: the agreement of 15 June 2021: a rise of the non-western net immigration is ground for renegotiation.
WITH vandringer AS (
    SELECT reference_year AS year, 'ind' AS direction, haend_dato, ie_type, opr_land
    FROM registers.vnds_ind
    WHERE list_year = listeaar()
    UNION ALL
    SELECT reference_year, 'ud', haend_dato, ie_type, opr_land
    FROM registers.vnds_ud
    WHERE list_year = listeaar()
),

lande AS (
    SELECT country_code, menapt, list_contains(lov_koder('opgoerelse.western_country_groups'), country_group) AS western
    FROM law.countries
    WHERE list_year = listeaar()
)

SELECT
    CAST(listeaar() AS SMALLINT) AS list_year,
    vandringer.year,
    vandringer.direction,
    CASE
        WHEN NOT list_contains(lov_kodetal('opgoerelse.nonwestern_ie_types'), vandringer.ie_type)
            THEN 'dansk'
        WHEN lande.western THEN 'vestlig'
        WHEN lande.menapt THEN 'menapt'
        ELSE 'ikke_vestlig_oevrig'
    END AS origin,
    count(*) AS persons
FROM vandringer
LEFT JOIN lande ON lande.country_code = vandringer.opr_land
WHERE year(vandringer.haend_dato) = vandringer.year
GROUP BY ALL
ORDER BY ALL
