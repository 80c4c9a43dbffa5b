-- Dwellings without a parcel. They stand in no area.
SELECT count(*) AS dwellings_without_parcel
FROM registers.bolig
WHERE list_year = listeaar() AND (ejerlav IS NULL OR matrikel IS NULL)
