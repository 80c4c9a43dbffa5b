-- Criminal decisions (one row per person, act and kind of sanction) of persons not in the population.
WITH befolkning AS (
    SELECT reference_year, pnr
    FROM registers.bef
    WHERE list_year = listeaar()
)

SELECT count(*) AS kraf_persons_in_population
FROM registers.kraf AS kraf
ANTI JOIN befolkning ON befolkning.reference_year = kraf.reference_year + 1 AND befolkning.pnr = kraf.pnr
WHERE kraf.list_year = listeaar()
