-- Omdannelsesområder that follow from the published lists of parallelsamfund, beside those that were published.
-- Grain: compared list year x municipality x area that is on at least one of the two sides. A row of a list that names
-- no area, as of a list that was empty, would stand on neither side, municipality and area empty. The lists shipped
-- have no such row.
-- Key: list_year, municipality, area.
-- Law: almenboligloven § 61 a, stk. 4: a parallelsamfund in each of the last years, as many as the law of that list
-- day says. A list year is compared only when every list that the rule reads is known whole.
WITH whole_lists AS (
    SELECT list_year, list
    FROM reference.published_membership
    GROUP BY list_year, list
    HAVING bool_and(complete)
),

compared_years AS (
    SELECT rule.list_year, rule.years
    FROM reference.omdannelsesomraade_years AS rule
    JOIN whole_lists AS published
        ON published.list = 'omdannelsesomraade' AND published.list_year = rule.list_year
    JOIN whole_lists AS history
        ON history.list = 'parallelsamfund'
        AND history.list_year BETWEEN rule.list_year - rule.years + 1 AND rule.list_year
    GROUP BY rule.list_year, rule.years
    HAVING count(*) = rule.years
),

derived AS (
    SELECT compared.list_year, listed.municipality, listed.area
    FROM compared_years AS compared
    JOIN reference.published_membership AS listed
        ON listed.list = 'parallelsamfund'
        AND listed.list_year BETWEEN compared.list_year - compared.years + 1 AND compared.list_year
    GROUP BY compared.list_year, compared.years, listed.municipality, listed.area
    HAVING count(DISTINCT listed.list_year) = compared.years
),

published AS (
    SELECT DISTINCT listed.list_year, listed.municipality, listed.area
    FROM reference.published_membership AS listed
    JOIN compared_years USING (list_year)
    WHERE listed.list = 'omdannelsesomraade'
)

SELECT
    list_year,
    compared.years,
    municipality,
    area,
    derived.area IS NOT NULL AS is_derived,
    published.area IS NOT NULL AS is_published
FROM derived
FULL JOIN published USING (list_year, municipality, area)
RIGHT JOIN compared_years AS compared USING (list_year)
ORDER BY list_year, municipality, area
