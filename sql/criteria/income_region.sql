-- The same group in each region: taxable persons who are not students, and the sum of their income in øre.
-- Grain: list year x region. Key: list_year, reg.
-- Law: almenboligloven § 61 a, stk. 1, nr. 4; § 61 b, nr. 4 ("samme gruppe i regionen"). Everyone in bef counts.
WITH kommunens_region AS (
    SELECT kom, reg
    FROM law.municipalities
    WHERE list_year = listeaar() AND reg IS NOT NULL
),

personer AS (
    SELECT bef.pnr, kommunens_region.reg
    FROM registers.bef AS bef
    INNER JOIN kommunens_region ON kommunens_region.kom = bef.kom
    WHERE
        bef.list_year = listeaar()
        AND bef.reference_year = lov_aar('opgoerelse.residents_year_offset')
        AND aged(
            bef.foed_dag,
            statusdag(bef.reference_year),
            lov('opgoerelse.income_age_from'),
            lov('opgoerelse.income_age_to')
        )
),

uddannelsessoegende AS (
    SELECT pnr
    FROM registers.akm
    WHERE
        list_year = listeaar()
        AND reference_year = lov_aar('opgoerelse.income_year_offset')
        AND is_student(socio13)
),

skattepligtige AS (
    SELECT ind.pnr, CAST(100 * ind.perindkialt_13 AS BIGINT) AS income_oere
    FROM registers.ind AS ind
    ANTI JOIN uddannelsessoegende ON uddannelsessoegende.pnr = ind.pnr
    WHERE
        ind.list_year = listeaar()
        AND ind.reference_year = lov_aar('opgoerelse.income_year_offset')
        AND is_taxable(ind.omfang, ind.perindkialt_13)
)

SELECT
    CAST(listeaar() AS SMALLINT) AS list_year,
    personer.reg,
    count(*) AS persons,
    CAST(sum(skattepligtige.income_oere) AS BIGINT) AS income_oere
FROM personer
INNER JOIN skattepligtige ON skattepligtige.pnr = personer.pnr
GROUP BY personer.reg
ORDER BY personer.reg
