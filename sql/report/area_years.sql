-- Each area's status and figures in every list year sealed in the home, and how near the limits it stands.
-- Grain: list year x year x area. Ratios are figure over limit; for income the limit stands over the figure's place,
-- so that above 1 always means across the limit. The score is the nearer of the non-western limit and the second
-- farthest criterion, in parts of the limit: above 0 the area meets § 61 b.
WITH graenser AS (
    SELECT
        max(CASE WHEN parameter = 'forebyggelsesomraade.nonwestern' THEN numerator / denominator END) AS nonwestern,
        max(CASE WHEN parameter = 'forebyggelsesomraade.outside' THEN numerator / denominator END) AS outside,
        max(CASE WHEN parameter = 'forebyggelsesomraade.convicted' THEN numerator / denominator END) AS convicted,
        max(CASE WHEN parameter = 'forebyggelsesomraade.primary_only' THEN numerator / denominator END) AS primary_only,
        max(CASE WHEN parameter = 'forebyggelsesomraade.income' THEN numerator / denominator END) AS income,
        max(CASE WHEN parameter = 'forebyggelsesomraade.residents' THEN numerator / denominator END) AS residents,
        max(CASE WHEN parameter = 'forebyggelsesomraade.criteria_needed' THEN numerator END) AS needed
    FROM law.parameters
    WHERE list_year = listeaar()
)

SELECT
    CAST(listeaar() AS SMALLINT) AS list_year,
    area_status.list_year AS year,
    area_status.area_id,
    area_status.area_name,
    area_status.kom,
    area_status.residents,
    area_status.status,
    area_status.residents >= graenser.residents AS large_enough,
    area_criteria.nonwestern_share,
    area_criteria.outside_share,
    area_criteria.primary_only_share,
    area_criteria.income_ratio,
    least(
        area_criteria.nonwestern_share / graenser.nonwestern,
        list_reverse_sort([
            coalesce(area_criteria.outside_share / graenser.outside, 0),
            coalesce(area_criteria.convicted_ratio / graenser.convicted, 0),
            coalesce(area_criteria.primary_only_share / graenser.primary_only, 0),
            coalesce(1 + (graenser.income - area_criteria.income_ratio) / graenser.income, 0)
        ])[graenser.needed]
    ) - 1 AS score
FROM published.area_status AS area_status
INNER JOIN published.area_criteria AS area_criteria
    ON area_criteria.list_year = area_status.list_year AND area_criteria.area_id = area_status.area_id
CROSS JOIN graenser
WHERE area_status.list_year <= listeaar()
ORDER BY ALL
