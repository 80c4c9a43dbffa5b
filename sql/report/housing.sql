-- The homes and how they are used: kind, vacant or not, residents, rooms and area, per group of homes and area.
-- Grain: list year x kind x lived in x group x area (both empty: the country; area empty: the group).
-- Key: list_year, boligkategori, lived_in, housing_group, area_id.
-- Source: the agreement of 15 June 2021 (the use of the existing homes). Law: almenboligloven § 61 a, stk. 3.
-- A home is vacant where nobody in bef lives at it. Rooms and m2 count in homes that are lived in and have both.
WITH beboere AS (
    SELECT adresse_id, count(*) AS residents
    FROM registers.bef
    WHERE list_year = listeaar() AND reference_year = lov_aar('opgoerelse.residents_year_offset')
    GROUP BY adresse_id
),

boliger AS (
    SELECT
        dwellings.housing_group,
        dwellings.area_id,
        dwellings.boligkategori,
        beboere.adresse_id IS NOT NULL AS lived_in,
        beboere.residents,
        dwellings.antal_vaerelser AS rooms,
        dwellings.boligareal AS square_metres
    FROM report.dwellings AS dwellings
    LEFT JOIN beboere ON beboere.adresse_id = dwellings.adresse_id
    WHERE
        dwellings.list_year = listeaar()
        AND dwellings.reference_year = lov_aar('opgoerelse.residents_year_offset')
)

SELECT
    CAST(listeaar() AS SMALLINT) AS list_year,
    boligkategori,
    lived_in,
    CASE WHEN grouping(housing_group) = 0 THEN housing_group END AS housing_group,
    CASE WHEN grouping(area_id) = 0 THEN area_id END AS area_id,
    count(*) AS homes,
    count(*) FILTER (WHERE rooms > 0 AND square_metres > 0) AS measured_homes,
    CAST(coalesce(sum(residents) FILTER (WHERE rooms > 0 AND square_metres > 0), 0) AS BIGINT) AS residents,
    CAST(coalesce(sum(rooms) FILTER (WHERE rooms > 0 AND square_metres > 0), 0) AS BIGINT) AS rooms,
    CAST(coalesce(sum(square_metres) FILTER (WHERE rooms > 0 AND square_metres > 0), 0) AS DECIMAL(28, 2))
        AS square_metres
FROM boliger
GROUP BY GROUPING SETS (
    (boligkategori, lived_in), (boligkategori, lived_in, housing_group), (boligkategori, lived_in, housing_group, area_id)
)
HAVING grouping(area_id) = 1 OR area_id IS NOT NULL
ORDER BY ALL
