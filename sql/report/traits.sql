-- Education and employment of the persons who have any, from the last year's registers. A view: it stores no person.
-- Grain: list year x person. Key: list_year, pnr.
-- Source: the agreement of 15 June 2021 (the level of education and employment).
-- Law: education counts as in almenboligloven § 61 a, stk. 1, nr. 3: no survey, no imputation; all others have only
-- grundskole.
WITH uddannelse AS (
    SELECT
        udda.list_year,
        udda.pnr,
        coalesce(levels.education_level, 'uoplyst_niveau') AS education
    FROM registers.udda AS udda
    ANTI JOIN law.hfaudd_grundskole AS grundskole
        ON grundskole.list_year = udda.list_year AND grundskole.hfaudd = udda.hfaudd
    LEFT JOIN law.education_levels AS levels
        ON
            levels.list_year = udda.list_year
            AND udda.hfaudd BETWEEN levels.hfaudd_from AND levels.hfaudd_to
    WHERE
        udda.reference_year = udda.list_year + lov('opgoerelse.education_year_offset')
        AND is_counted_education(udda.hfaudd, udda.hf_kilde)
),

beskaeftigelse AS (
    SELECT akm.list_year, akm.pnr, groups.employment_group AS employment
    FROM registers.akm AS akm
    INNER JOIN law.employment_groups AS groups
        ON groups.list_year = akm.list_year AND groups.socio13 = akm.socio13
    WHERE akm.reference_year = akm.list_year + lov('opgoerelse.income_year_offset')
)

SELECT
    coalesce(uddannelse.list_year, beskaeftigelse.list_year) AS list_year,
    coalesce(uddannelse.pnr, beskaeftigelse.pnr) AS pnr,
    uddannelse.education,
    beskaeftigelse.employment
FROM uddannelse
FULL JOIN beskaeftigelse
    ON beskaeftigelse.list_year = uddannelse.list_year AND beskaeftigelse.pnr = uddannelse.pnr
