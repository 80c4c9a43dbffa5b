-- The dwellings that stand on a parcel of an area, on each status day of the list. A view: it stores no dwelling.
-- Grain: list year x status day x dwelling. Key: list_year, reference_year, adresse_id.
-- Law: almenboligloven § 61 a, stk. 3. All dwellings count, also those that are not almene.
-- The parcel is compared as one value, so that DuckDB sees how few dwellings it picks and joins them before the
-- persons.
SELECT
    bolig.list_year,
    bolig.reference_year,
    omraade.area_id,
    bolig.adresse_id
FROM registers.bolig AS bolig
INNER JOIN registers.omraade AS omraade
    ON
        omraade.list_year = bolig.list_year
        AND (omraade.ejerlav, omraade.matrikel) = (bolig.ejerlav, bolig.matrikel)
WHERE omraade.area_id IS NOT NULL
