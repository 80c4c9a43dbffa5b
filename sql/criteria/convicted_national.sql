-- Adults in the whole country, and those of them convicted, per year: the national average.
-- Grain: list year x year. Key: list_year, year.
-- Law: almenboligloven § 61 a, stk. 1, nr. 2; § 61 b, nr. 2 ("landsgennemsnittet"). Everyone in bef counts.
WITH aar AS (
    SELECT unnest([lov_aar('opgoerelse.convicted_year_offset_1'), lov_aar('opgoerelse.convicted_year_offset_2')]) AS year
),

voksne AS (
    SELECT reference_year - 1 AS year, pnr
    FROM registers.bef
    WHERE
        list_year = listeaar()
        AND reference_year IN (
            lov_aar('opgoerelse.convicted_year_offset_1') + 1, lov_aar('opgoerelse.convicted_year_offset_2') + 1
        )
        AND has_age(foed_dag, statusdag(reference_year), lov('opgoerelse.convicted_age_from'))
),

-- A person counts once, however many decisions.
doemte AS (
    SELECT DISTINCT reference_year AS year, pnr
    FROM registers.kraf
    WHERE
        list_year = listeaar()
        AND is_conviction(offence_class, sanction_class)
),

optaelling AS (
    SELECT voksne.year, count(*) AS adults, count(doemte.pnr) AS convicted
    FROM voksne
    LEFT JOIN doemte ON doemte.year = voksne.year AND doemte.pnr = voksne.pnr
    GROUP BY voksne.year
)

SELECT
    CAST(listeaar() AS SMALLINT) AS list_year,
    aar.year,
    coalesce(optaelling.adults, 0) AS adults,
    coalesce(optaelling.convicted, 0) AS convicted
FROM aar
LEFT JOIN optaelling ON optaelling.year = aar.year
ORDER BY aar.year
