-- Taxable residents who are not students, and the sum of their income in øre.
-- Grain: list year x area. Key: list_year, area_id.
-- Law: almenboligloven § 61 a, stk. 1, nr. 4; § 61 b, nr. 4. Negative incomes count as they are.
WITH beboere AS (
    SELECT area_id, pnr
    FROM areas.area_residents
    WHERE
        list_year = listeaar()
        AND reference_year = lov_aar('opgoerelse.residents_year_offset')
        AND aged(
            foed_dag,
            statusdag(reference_year),
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

skattepligtige_beboere AS (
    SELECT beboere.area_id, beboere.pnr, CAST(100 * ind.perindkialt_13 AS BIGINT) AS income_oere
    FROM registers.ind AS ind
    INNER JOIN beboere ON beboere.pnr = ind.pnr
    WHERE
        ind.list_year = listeaar()
        AND ind.reference_year = lov_aar('opgoerelse.income_year_offset')
        AND is_taxable(ind.omfang, ind.perindkialt_13)
),

optaelling AS (
    SELECT skattepligtige_beboere.area_id, count(*) AS persons, sum(skattepligtige_beboere.income_oere) AS income_oere
    FROM skattepligtige_beboere
    ANTI JOIN uddannelsessoegende ON uddannelsessoegende.pnr = skattepligtige_beboere.pnr
    GROUP BY skattepligtige_beboere.area_id
)

SELECT
    areas.list_year,
    areas.area_id,
    coalesce(optaelling.persons, 0) AS persons,
    CAST(coalesce(optaelling.income_oere, 0) AS BIGINT) AS income_oere
FROM areas.areas AS areas
LEFT JOIN optaelling ON optaelling.area_id = areas.area_id
WHERE areas.list_year = listeaar()
ORDER BY areas.list_year, areas.area_id
