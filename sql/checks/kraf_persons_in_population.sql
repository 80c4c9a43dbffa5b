-- Criminal decisions (one row per person, act and kind of sanction) of persons not in the population.
SELECT count(*) AS kraf_persons_in_population
FROM registers.kraf AS kraf
ANTI JOIN registers.bef AS bef
    ON
        bef.list_year = kraf.list_year
        AND bef.reference_year = kraf.reference_year + 1
        AND bef.pnr = kraf.pnr
WHERE kraf.list_year = listeaar()
