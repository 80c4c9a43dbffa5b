-- Dwellings without a parcel on a status day. They stand in no area.
-- Grain: one row, for a status day of the list year. Key: none. The counts of a list year's status days are added up;
-- a sum above 0 warns and stops nothing.
-- Law: almenboligloven § 61 a, stk. 3. Source: the contract: a dwelling without parcel warns.
SELECT count(*) AS dwellings_without_parcel
FROM registers.bolig
WHERE
    list_year = listeaar()
    AND reference_year = getvariable('status_year')
    AND (ejerlav IS NULL OR matrikel IS NULL)
