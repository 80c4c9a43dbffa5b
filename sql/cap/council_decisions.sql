-- The councils' decisions on which forebyggelsesområder to exempt, each valid or not.
-- Grain: list year x area decided on. Key: list_year, area_id.
-- Law: almenboligloven § 59, stk. 8. Only a forebyggelsesområde of that municipality on this list can be exempted.
SELECT
    beslutning.list_year,
    beslutning.kom,
    beslutning.area_id,
    beslutning.besluttet,
    beslutning.journalnr,
    area_status.area_id IS NOT NULL AS valid
FROM registers.anvisningsloft AS beslutning
LEFT JOIN status.area_status AS area_status
    ON
        area_status.list_year = beslutning.list_year
        AND area_status.area_id = beslutning.area_id
        AND area_status.kom = kommunekode(beslutning.kom)
        AND area_status.status = 'forebyggelsesomraade'
WHERE beslutning.list_year = listeaar()
ORDER BY beslutning.list_year, beslutning.area_id
