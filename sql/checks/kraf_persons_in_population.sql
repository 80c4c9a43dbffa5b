-- Criminal decisions of a year of persons who are not in the population of the status day that ends it.
-- Grain: one row, for a status day of the list year. Key: none. The counts of a list year's status days are added up;
-- a sum above 0 warns and stops nothing.
-- Law: almenboligloven § 61 a, stk. 1, nr. 2; § 61 b, nr. 2. Source: the contract: rows not in bef warn.
WITH befolkning AS (
    SELECT pnr
    FROM registers.bef
    WHERE list_year = listeaar() AND reference_year = getvariable('status_year')
)

SELECT count(*) AS kraf_persons_in_population
FROM registers.kraf AS kraf
ANTI JOIN befolkning ON befolkning.pnr = kraf.pnr
WHERE kraf.list_year = listeaar() AND kraf.reference_year = getvariable('status_year') - 1
