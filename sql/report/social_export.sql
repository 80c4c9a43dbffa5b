-- Who moved to another municipality between the two status days, among those the assignment bans are aimed at, as
-- far as registers show, and among the others; from municipalities with listed areas and from the others.
-- Grain: list year x with listed areas x municipality (only of those with; empty: all of them) x target x moved.
-- Key: list_year, listed, kom, target, moved.
-- Source: the agreement of 15 June 2021 (no social export).
-- Law: almenboligloven § 59, stk. 6 and 7, for whom the bans are aimed at.
WITH dage AS (
    SELECT max(reference_year) AS now_year, max(reference_year) - 1 AS before_year
    FROM registers.bef
    WHERE list_year = listeaar()
),

kommuner_med_omraader AS (
    SELECT DISTINCT CAST(kom AS INTEGER) AS kom
    FROM status.area_status
    WHERE list_year = listeaar() AND status <> 'ikke_omfattet'
),

lande_med_fri_bevaegelighed AS (
    SELECT citizenships.country_code
    FROM law.citizenships AS citizenships
    CROSS JOIN dage
    WHERE
        citizenships.list_year = listeaar()
        AND list_contains(lov_koder('redegoerelse.citizenship_groups'), citizenships.citizenship_group)
        AND coalesce(citizenships.valid_from <= statusdag(dage.before_year), true)
        AND coalesce(citizenships.valid_to > statusdag(dage.before_year), true)
),

vindue AS (
    SELECT
        CAST(statusdag(before_year) - to_months(lov('redegoerelse.target_months')) AS DATE) AS first_day,
        CAST(statusdag(before_year) - to_days(1) AS DATE) AS last_day,
        before_year
    FROM dage
),

-- Spells in the year before the first status day, cut to the months that count back from it.
forloeb AS (
    SELECT
        of.pnr,
        greatest(of.pti_vfra, vindue.first_day) AS first_day,
        least(coalesce(of.pti_vtil, vindue.last_day), vindue.last_day) AS last_day,
        vindue.first_day AS window_start,
        vindue.last_day AS window_end
    FROM registers.of AS of
    CROSS JOIN vindue
    WHERE
        of.list_year = listeaar()
        AND of.reference_year = vindue.before_year - 1
        AND list_contains(lov_kodetal('redegoerelse.target_states'), of.pti_tilstand_kode)
        AND of.pti_vfra IS NOT NULL
        AND of.pti_vfra <= vindue.last_day
        AND coalesce(of.pti_vtil >= vindue.first_day, true)
),

-- Unbroken: each spell begins no later than the day after everything before it ended.
ordnet AS (
    SELECT
        *,
        max(last_day) OVER (
            PARTITION BY pnr ORDER BY first_day, last_day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS covered_to
    FROM forloeb
),

langvarig_ydelse AS (
    SELECT pnr
    FROM ordnet
    GROUP BY pnr
    HAVING
        min(first_day) = any_value(window_start)
        AND max(last_day) = any_value(window_end)
        AND NOT bool_or(coalesce(first_day > covered_to + 1, false))
),

foer AS (
    SELECT bef.pnr, bef.kom, bef.statsb
    FROM registers.bef AS bef
    INNER JOIN dage ON dage.before_year = bef.reference_year
    WHERE
        bef.list_year = listeaar()
        AND has_age(bef.foed_dag, statusdag(bef.reference_year), lov('opgoerelse.outside_age_from'))
),

nu AS (
    SELECT bef.pnr, bef.kom
    FROM registers.bef AS bef
    INNER JOIN dage ON dage.now_year = bef.reference_year
    WHERE bef.list_year = listeaar()
),

personer AS (
    SELECT
        foer.kom,
        kommuner_med_omraader.kom IS NOT NULL AS listed,
        CASE
            WHEN langvarig_ydelse.pnr IS NOT NULL AND lande_med_fri_bevaegelighed.country_code IS NULL THEN 'begge'
            WHEN langvarig_ydelse.pnr IS NOT NULL THEN 'ydelse'
            WHEN lande_med_fri_bevaegelighed.country_code IS NULL THEN 'statsborgerskab'
            ELSE 'andre'
        END AS target,
        nu.kom <> foer.kom AS moved
    FROM foer
    INNER JOIN nu ON nu.pnr = foer.pnr
    LEFT JOIN langvarig_ydelse ON langvarig_ydelse.pnr = foer.pnr
    LEFT JOIN lande_med_fri_bevaegelighed ON lande_med_fri_bevaegelighed.country_code = foer.statsb
    LEFT JOIN kommuner_med_omraader ON kommuner_med_omraader.kom = foer.kom
)

SELECT
    CAST(listeaar() AS SMALLINT) AS list_year,
    listed,
    CASE WHEN grouping(kom) = 0 THEN kommunekode(kom) END AS kom,
    target,
    moved,
    count(*) AS persons
FROM personer
GROUP BY GROUPING SETS ((listed, target, moved), (listed, kom, target, moved))
HAVING grouping(kom) = 1 OR listed
ORDER BY ALL
