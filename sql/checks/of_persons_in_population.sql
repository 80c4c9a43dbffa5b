-- Rows of public support in a year for persons who are not in the population of the status day that ends it.
WITH befolkning AS (
    SELECT pnr
    FROM registers.bef
    WHERE list_year = listeaar() AND reference_year = getvariable('status_year')
)

SELECT count(*) AS of_persons_in_population
FROM registers.of AS of
ANTI JOIN befolkning ON befolkning.pnr = of.pnr
WHERE of.list_year = listeaar() AND of.reference_year = getvariable('status_year') - 1 AND of.pnr IS NOT NULL
