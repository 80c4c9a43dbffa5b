-- The residents of the areas on each status day of the list. A view: it stores no person.
-- Grain: list year x status day x person. Key: list_year, reference_year, pnr.
-- Law: almenboligloven § 61 a, stk. 3. A person belongs to the area of the dwelling at their address that day.
SELECT
    bef.list_year,
    bef.reference_year,
    area_dwellings.area_id,
    bef.pnr,
    bef.foed_dag,
    bef.ie_type,
    bef.opr_land
FROM registers.bef AS bef
INNER JOIN areas.area_dwellings AS area_dwellings
    ON
        area_dwellings.list_year = bef.list_year
        AND area_dwellings.reference_year = bef.reference_year
        AND area_dwellings.adresse_id = bef.adresse_id
