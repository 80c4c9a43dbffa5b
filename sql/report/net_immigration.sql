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
    SELECT country_code, menapt, is_western(country_group) AS western
    FROM law.countries
    WHERE list_year = listeaar()
)

SELECT
    CAST(listeaar() AS SMALLINT) AS list_year,
    vandringer.year,
    vandringer.direction,
    origin(vandringer.ie_type, lande.western, lande.menapt) AS origin,
    count(*) AS persons
FROM vandringer
LEFT JOIN lande ON lande.country_code = vandringer.opr_land
WHERE year(vandringer.haend_dato) = vandringer.year
GROUP BY ALL
ORDER BY ALL
