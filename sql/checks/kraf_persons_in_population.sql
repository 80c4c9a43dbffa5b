-- Criminal decisions of a year of persons who are not in the population of the status day that ends it.
WITH befolkning AS (
    SELECT pnr
    FROM registers.bef
    WHERE list_year = listeaar() AND reference_year = getvariable('status_year')
)

SELECT count(*) AS kraf_persons_in_population
FROM registers.kraf AS kraf
ANTI JOIN befolkning ON befolkning.pnr = kraf.pnr
WHERE kraf.list_year = listeaar() AND kraf.reference_year = getvariable('status_year') - 1
