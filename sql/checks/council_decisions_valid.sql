-- Council decisions for an area that is no forebyggelsesområde of that municipality on this list. They are
-- ignored. Which: municipality and area.
SELECT
    count(*) AS council_decisions_valid,
    string_agg(
        'municipality ' || lpad(CAST(kom AS VARCHAR), 3, '0') || ' area ' || area_id, ', ' ORDER BY kom, area_id
    ) AS named
FROM cap.council_decisions
WHERE list_year = listeaar() AND NOT valid
