-- Whether each of this year's areas was a parallelsamfund in each of the years that the five-year rule looks at.
-- Grain: list year x year x area. Key: list_year, year, area_id.
-- Law: almenboligloven § 61 a, stk. 4. The home's own latest edition of a year decides, else the list published then.
WITH aar AS (
    SELECT CAST(unnest(range(listeaar() - lov('omdannelsesomraade.years') + 1, listeaar() + 1)) AS SMALLINT) AS year
),

egne_udgaver AS (
    SELECT list_year AS year
    FROM published.editions
    WHERE list_year < listeaar()
),

i_egne_udgaver AS (
    SELECT list_year AS year, area_id
    FROM published.parallelsamfund_history
    WHERE list_year < listeaar() AND year = list_year AND parallelsamfund
),

-- A list of omdannelsesområder implies that the area is a parallelsamfund.
paa_tidligere_lister AS (
    SELECT DISTINCT liste.reference_year AS year, liste.area_id
    FROM registers.liste AS liste
    ANTI JOIN egne_udgaver ON egne_udgaver.year = liste.reference_year
    WHERE liste.list_year = listeaar() AND liste.liste IN ('parallelsamfund', 'omdannelsesomraade')
),

paa_denne_liste AS (
    SELECT list_year AS year, area_id
    FROM status.area_categories
    WHERE list_year = listeaar() AND parallelsamfund
),

egne_aar AS (
    SELECT year, area_id FROM i_egne_udgaver
    UNION
    SELECT year, area_id FROM paa_tidligere_lister
    UNION
    SELECT year, area_id FROM paa_denne_liste
),

-- Where valg.split_area_history says so, an area has its predecessor's years before its own first edition here.
opdelinger AS (
    SELECT DISTINCT area_id, forgaenger
    FROM registers.omraade
    WHERE
        list_year = listeaar()
        AND forgaenger IS NOT NULL
        AND valgt('valg.split_area_history') = 'predecessor_history'
),

foerste_egne_udgave AS (
    SELECT area_id, min(list_year) AS year
    FROM published.parallelsamfund_history
    WHERE list_year < listeaar() AND year = list_year
    GROUP BY area_id
),

parallelsamfund AS (
    SELECT year, area_id FROM egne_aar
    UNION
    SELECT egne_aar.year, opdelinger.area_id
    FROM opdelinger
    INNER JOIN egne_aar ON egne_aar.area_id = opdelinger.forgaenger
    LEFT JOIN foerste_egne_udgave ON foerste_egne_udgave.area_id = opdelinger.area_id
    WHERE egne_aar.year < coalesce(foerste_egne_udgave.year, listeaar())
)

SELECT
    areas.list_year,
    aar.year,
    areas.area_id,
    parallelsamfund.area_id IS NOT NULL AS parallelsamfund,
    CASE
        WHEN aar.year = listeaar() THEN 'denne_liste'
        WHEN egne_udgaver.year IS NOT NULL THEN 'edition'
        ELSE 'liste'
    END AS source
FROM areas.areas AS areas
CROSS JOIN aar
LEFT JOIN egne_udgaver ON egne_udgaver.year = aar.year
LEFT JOIN parallelsamfund ON parallelsamfund.year = aar.year AND parallelsamfund.area_id = areas.area_id
WHERE areas.list_year = listeaar()
ORDER BY areas.list_year, aar.year, areas.area_id
