-- Dwellings without a parcel on a status day. They stand in no area.
SELECT count(*) AS dwellings_without_parcel
FROM registers.bolig
WHERE
    list_year = listeaar()
    AND reference_year = getvariable('status_year')
    AND (ejerlav IS NULL OR matrikel IS NULL)
