-- Rows of public support for persons who are not in the population of the status day that ends the year.
SELECT count(*) AS of_persons_in_population
FROM registers.of AS of
ANTI JOIN registers.bef AS bef
    ON
        bef.list_year = of.list_year
        AND bef.reference_year = of.reference_year + 1
        AND bef.pnr = of.pnr
WHERE of.list_year = listeaar() AND of.pnr IS NOT NULL
