-- The listed areas as the cap counts them: their almene familieboliger, and what the council decided about each.
-- Grain: list year x area on the list x municipality that its homes stand in, its own also where it has none.
-- Key: list_year, area_id, kom.
-- Law: almenboligloven § 59, stk. 7 and 8. A decision counts only where the cap is exceeded.
WITH listede_omraader AS (
    SELECT list_year, area_id, CAST(kom AS INTEGER) AS kom
    FROM status.area_status
    WHERE list_year = listeaar() AND status <> 'ikke_omfattet'
),

steder AS (
    SELECT list_year, area_id, kom FROM listede_omraader
    UNION
    SELECT listede_omraader.list_year, family_homes.area_id, family_homes.kom
    FROM cap.family_homes AS family_homes
    INNER JOIN listede_omraader ON listede_omraader.area_id = family_homes.area_id
    WHERE family_homes.list_year = listeaar()
),

beslutninger AS (
    SELECT kom, area_id, besluttet
    FROM cap.council_decisions
    WHERE list_year = listeaar() AND valid
)

SELECT
    steder.list_year,
    steder.area_id,
    kommunekode(steder.kom) AS kom,
    coalesce(family_homes.family_homes, 0) AS family_homes,
    beslutninger.area_id IS NOT NULL AS decided,
    beslutninger.besluttet AS decided_on,
    beslutninger.area_id IS NOT NULL
    AND coalesce(municipal_cap.decision IN ('valid', 'insufficient', 'cap_unreachable'), false) AS exempted
FROM steder
LEFT JOIN cap.family_homes AS family_homes
    ON
        family_homes.list_year = listeaar()
        AND family_homes.area_id = steder.area_id
        AND family_homes.kom = steder.kom
LEFT JOIN beslutninger ON beslutninger.area_id = steder.area_id AND beslutninger.kom = steder.kom
LEFT JOIN cap.municipal_cap AS municipal_cap
    ON
        municipal_cap.list_year = listeaar()
        AND CAST(municipal_cap.kom AS INTEGER) = steder.kom
ORDER BY steder.list_year, steder.area_id, kom
