-- The almene familieboliger of each municipality, by the area they stand in (empty: in none).
-- Grain: list year x municipality x area. Key: list_year, kom, area_id.
-- Law: almenboligloven § 59, stk. 7 and 8. The table stands for list years before them too, by the same count.
WITH familieboliger AS (
    SELECT kom, ejerlav, matrikel
    FROM registers.bolig
    WHERE
        list_year = listeaar()
        AND reference_year
        = coalesce(lov_aar('anvisningsloft.homes_year_offset'), lov_aar('opgoerelse.residents_year_offset'))
        AND list_contains(coalesce(lov_koder('anvisningsloft.home_categories'), ['familiebolig']), boligkategori)
),

omraadets_matrikler AS (
    SELECT area_id, ejerlav, matrikel
    FROM registers.omraade
    WHERE list_year = listeaar() AND area_id IS NOT NULL
)

SELECT
    CAST(listeaar() AS SMALLINT) AS list_year,
    familieboliger.kom,
    omraadets_matrikler.area_id,
    count(*) AS family_homes
FROM familieboliger
LEFT JOIN omraadets_matrikler
    ON
        omraadets_matrikler.ejerlav = familieboliger.ejerlav
        AND omraadets_matrikler.matrikel = familieboliger.matrikel
GROUP BY familieboliger.kom, omraadets_matrikler.area_id
ORDER BY familieboliger.kom, omraadets_matrikler.area_id
