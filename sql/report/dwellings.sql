-- Every dwelling on each status day, with the group of homes it belongs to. A view: it stores no dwelling.
-- Grain: list year x status day x dwelling. Key: list_year, reference_year, adresse_id.
-- Law: almenboligloven § 61 a, stk. 3: a dwelling in a listed area belongs to it whatever its kind. The list is that of
-- the list year on both days, on the boundaries of the list year.
SELECT
    bolig.list_year,
    bolig.reference_year,
    bolig.adresse_id,
    bolig.kom,
    bolig.boligareal,
    bolig.antal_vaerelser,
    coalesce(bolig.boligkategori, 'ikke_almen') AS boligkategori,
    area_status.area_id,
    CASE
        WHEN area_status.area_id IS NOT NULL THEN area_status.status
        WHEN bolig.boligkategori IS NOT NULL THEN 'oevrige_almene'
        ELSE 'oevrige_boliger'
    END AS housing_group
FROM registers.bolig AS bolig
LEFT JOIN areas.area_dwellings AS area_dwellings
    ON
        area_dwellings.list_year = bolig.list_year
        AND area_dwellings.reference_year = bolig.reference_year
        AND area_dwellings.adresse_id = bolig.adresse_id
LEFT JOIN status.area_status AS area_status
    ON
        area_status.list_year = area_dwellings.list_year
        AND area_status.area_id = area_dwellings.area_id
        AND area_status.status <> 'ikke_omfattet'
