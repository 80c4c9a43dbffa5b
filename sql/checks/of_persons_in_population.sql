-- Rows of public support for persons who are not in the population of the status day that ends the year.
WITH befolkning AS (
    SELECT reference_year, pnr
    FROM registers.bef
    WHERE list_year = listeaar()
)

SELECT count(*) AS of_persons_in_population
FROM registers.of AS of
ANTI JOIN befolkning ON befolkning.reference_year = of.reference_year + 1 AND befolkning.pnr = of.pnr
WHERE of.list_year = listeaar() AND of.pnr IS NOT NULL
