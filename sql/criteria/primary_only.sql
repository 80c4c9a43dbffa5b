-- Residents in the middle of working life, and those of them with only grundskole.
-- Grain: list year x area. Key: list_year, area_id.
-- Law: almenboligloven § 61 a, stk. 1, nr. 3; § 61 b, nr. 3. Only education completed or approved in Denmark counts.
WITH beboere AS (
    SELECT area_id, pnr
    FROM areas.area_residents
    WHERE
        list_year = listeaar()
        AND reference_year = lov_aar('opgoerelse.residents_year_offset')
        AND aged(
            foed_dag,
            statusdag(reference_year),
            lov('opgoerelse.primary_only_age_from'),
            lov('opgoerelse.primary_only_age_to')
        )
),

grundskole_eller_uoplyst AS (
    SELECT hfaudd
    FROM law.hfaudd_grundskole
    WHERE list_year = listeaar()
),

-- More than grundskole: a known education above it, from a source that is no survey and no imputation.
uddannelse_ud_over_grundskole AS (
    SELECT udda.pnr
    FROM registers.udda AS udda
    ANTI JOIN grundskole_eller_uoplyst ON grundskole_eller_uoplyst.hfaudd = udda.hfaudd
    WHERE
        udda.list_year = listeaar()
        AND udda.reference_year = lov_aar('opgoerelse.education_year_offset')
        AND is_counted_education(udda.hfaudd, udda.hf_kilde)
),

optaelling AS (
    SELECT
        beboere.area_id,
        count(*) AS persons,
        count(*) FILTER (WHERE uddannelse_ud_over_grundskole.pnr IS NULL) AS primary_only
    FROM beboere
    LEFT JOIN uddannelse_ud_over_grundskole ON uddannelse_ud_over_grundskole.pnr = beboere.pnr
    GROUP BY beboere.area_id
)

SELECT
    areas.list_year,
    areas.area_id,
    coalesce(optaelling.persons, 0) AS persons,
    coalesce(optaelling.primary_only, 0) AS primary_only
FROM areas.areas AS areas
LEFT JOIN optaelling ON optaelling.area_id = areas.area_id
WHERE areas.list_year = listeaar()
ORDER BY areas.list_year, areas.area_id
