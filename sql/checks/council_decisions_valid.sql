-- Council decisions for an area that is no forebyggelsesområde of that municipality on this list. They are
-- ignored. Which: municipality and area; an id that is no area's is not repeated.
-- Grain: one row, for the list year. Key: none. A count above 0 warns, with which, and stops nothing.
-- Law: almenboligloven § 59, stk. 8. Source: the contract: such a decision warns.
SELECT
    count(*) AS council_decisions_valid,
    list(
        'municipality ' || kommunekode(decisions.kom)
        || coalesce(' area ' || areas.area_id, ' no area of the list')
        ORDER BY decisions.kom, decisions.area_id
    ) AS named
FROM cap.council_decisions AS decisions
LEFT JOIN areas.areas AS areas
    ON areas.list_year = decisions.list_year AND areas.area_id = decisions.area_id
WHERE decisions.list_year = listeaar() AND NOT decisions.valid
