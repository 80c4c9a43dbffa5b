-- Each area's criteria against each limit in force.
-- Grain: list year x area x category x criterion. Only areas with enough residents to be judged; the number of
-- residents is no criterion here. Key: list_year, area_id, category, criterion.
-- Law: almenboligloven §§ 61 a and 61 b. The figure is an exact fraction, so that it is rounded once where it is
-- printed.
WITH store_nok AS (
    SELECT list_year, area_id
    FROM criteria.criteria_met
    WHERE list_year = listeaar() AND criterion = 'residents' AND category = 'udsat_boligomraade' AND met
)

SELECT
    criteria_met.list_year,
    criteria_met.area_id,
    criteria_met.category,
    criteria_met.criterion,
    criteria_met.numerator,
    criteria_met.denominator,
    share(criteria_met.limit_numerator, criteria_met.limit_denominator) AS limit_value,
    criteria_met.operator,
    criteria_met.met
FROM criteria.criteria_met AS criteria_met
INNER JOIN store_nok
    ON store_nok.list_year = criteria_met.list_year AND store_nok.area_id = criteria_met.area_id
WHERE criteria_met.list_year = listeaar() AND criteria_met.criterion <> 'residents'
ORDER BY ALL
