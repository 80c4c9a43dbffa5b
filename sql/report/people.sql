-- Everyone on each status day, with what the report groups people by. A view: it stores no person.
-- Grain: list year x status day x person. Key: list_year, reference_year, pnr.
-- Source: the agreement of 15 June 2021 (the composition of the residents, also those from MENAPT, which are a part of
-- the non-western). Law: almenboligloven § 61 a, stk. 2 (origin) and stk. 3 (the area).
WITH vestlige_lande AS (
    SELECT list_year, country_code
    FROM law.countries
    WHERE is_western(country_group)
),

menapt_lande AS (
    SELECT list_year, country_code
    FROM law.countries
    WHERE menapt
)

SELECT
    bef.list_year,
    bef.reference_year,
    bef.pnr,
    bef.kom,
    bef.statsb,
    bef.foed_dag,
    age_on(bef.foed_dag, statusdag(bef.reference_year)) AS age,
    dwellings.adresse_id IS NOT NULL AS has_dwelling,
    dwellings.area_id,
    dwellings.housing_group,
    origin(bef.ie_type, vestlige_lande.country_code IS NOT NULL, menapt_lande.country_code IS NOT NULL) AS origin
FROM registers.bef AS bef
LEFT JOIN report.dwellings AS dwellings
    ON
        dwellings.list_year = bef.list_year
        AND dwellings.reference_year = bef.reference_year
        AND dwellings.adresse_id = bef.adresse_id
LEFT JOIN vestlige_lande
    ON vestlige_lande.list_year = bef.list_year AND vestlige_lande.country_code = bef.opr_land
LEFT JOIN menapt_lande
    ON menapt_lande.list_year = bef.list_year AND menapt_lande.country_code = bef.opr_land
