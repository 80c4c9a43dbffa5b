-- Rows of public support in a year for persons who are not in the population of the status day that ends it.
-- Grain: one row, for a status day of the list year. Key: none. The counts of a list year's status days are added up;
-- a sum above 0 warns and stops nothing.
-- Law: almenboligloven § 61 a, stk. 1, nr. 1; § 61 b, nr. 1. Source: the contract: rows not in bef warn.
WITH befolkning AS (
    SELECT pnr
    FROM registers.bef
    WHERE list_year = listeaar() AND reference_year = getvariable('status_year')
)

SELECT count(*) AS of_persons_in_population
FROM registers.of AS of
ANTI JOIN befolkning ON befolkning.pnr = of.pnr
WHERE of.list_year = listeaar() AND of.reference_year = getvariable('status_year') - 1 AND of.pnr IS NOT NULL
