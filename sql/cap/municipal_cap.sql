-- The cap on how many of a municipality's almene familieboliger the assignment rules may cover.
-- Grain: list year x municipality with at least one almen familiebolig. Key: list_year, kom.
-- Law: almenboligloven § 59, stk. 7 and 8. Where no cap is in force nothing is exceeded.
WITH listede_omraader AS (
    SELECT area_id, CAST(kom AS INTEGER) AS kom, status
    FROM status.area_status
    WHERE list_year = listeaar() AND status <> 'ikke_omfattet'
),

undtagne_omraader AS (
    SELECT kom, area_id
    FROM cap.council_decisions
    WHERE list_year = listeaar() AND valid
),

boliger AS (
    SELECT
        family_homes.kom,
        sum(family_homes.family_homes) AS family_homes,
        coalesce(sum(family_homes.family_homes) FILTER (WHERE listede_omraader.status = 'udsat_boligomraade'), 0)
            AS homes_udsat,
        coalesce(sum(family_homes.family_homes) FILTER (WHERE listede_omraader.status = 'forebyggelsesomraade'), 0)
            AS homes_forebyggelse,
        coalesce(sum(family_homes.family_homes) FILTER (WHERE undtagne_omraader.area_id IS NOT NULL), 0)
            AS homes_decided,
        min(family_homes.family_homes) FILTER (WHERE undtagne_omraader.area_id IS NOT NULL) AS smallest_with_homes,
        coalesce(
            bool_or(
                listede_omraader.status = 'forebyggelsesomraade'
                AND listede_omraader.kom = family_homes.kom
                AND undtagne_omraader.area_id IS NULL
            ),
            false
        ) AS homes_left_to_exempt
    FROM cap.family_homes AS family_homes
    LEFT JOIN listede_omraader ON listede_omraader.area_id = family_homes.area_id
    LEFT JOIN undtagne_omraader
        ON undtagne_omraader.area_id = family_homes.area_id AND undtagne_omraader.kom = family_homes.kom
    WHERE family_homes.list_year = listeaar()
    GROUP BY family_homes.kom
),

-- An exempted area without family homes could always be dropped again.
beslutninger AS (
    SELECT
        undtagne_omraader.kom,
        count(*) AS areas_decided,
        count(*) FILTER (WHERE family_homes.area_id IS NULL) AS areas_without_homes
    FROM undtagne_omraader
    LEFT JOIN cap.family_homes AS family_homes
        ON
            family_homes.list_year = listeaar()
            AND family_homes.kom = undtagne_omraader.kom
            AND family_homes.area_id = undtagne_omraader.area_id
    GROUP BY undtagne_omraader.kom
),

loft AS (
    SELECT operator, numerator, denominator
    FROM law.parameters
    WHERE list_year = listeaar() AND parameter = 'anvisningsloft.share'
),

med_beslutning AS (
    SELECT
        boliger.*,
        coalesce(beslutninger.areas_decided, 0) AS areas_decided,
        CASE WHEN beslutninger.areas_without_homes > 0 THEN 0 ELSE boliger.smallest_with_homes END AS smallest_decided
    FROM boliger
    LEFT JOIN beslutninger ON beslutninger.kom = boliger.kom
),

vurderet AS (
    SELECT
        med_beslutning.*,
        meets(
            med_beslutning.homes_udsat + med_beslutning.homes_forebyggelse,
            med_beslutning.family_homes, loft.operator, loft.numerator, loft.denominator
        ) AS cap_exceeded,
        meets(
            med_beslutning.homes_udsat + med_beslutning.homes_forebyggelse - med_beslutning.homes_decided,
            med_beslutning.family_homes, loft.operator, loft.numerator, loft.denominator
        ) AS exceeded_after_decision,
        meets(
            med_beslutning.homes_udsat + med_beslutning.homes_forebyggelse - med_beslutning.homes_decided
            + med_beslutning.smallest_decided,
            med_beslutning.family_homes, loft.operator, loft.numerator, loft.denominator
        ) AS exceeded_with_one_area_less
    FROM med_beslutning
    LEFT JOIN loft ON true
),

afgjort AS (
    SELECT
        *,
        CASE
            WHEN NOT cap_exceeded AND areas_decided = 0 THEN 'not_needed'
            WHEN NOT cap_exceeded THEN 'not_allowed'
            WHEN homes_forebyggelse = 0 THEN 'nothing_to_exempt'
            WHEN areas_decided = 0 THEN 'missing'
            WHEN NOT exceeded_after_decision THEN 'valid'
            WHEN homes_left_to_exempt THEN 'insufficient'
            ELSE 'cap_unreachable'
        END AS decision
    FROM vurderet
),

daekket AS (
    SELECT
        *,
        CASE WHEN decision IN ('valid', 'insufficient', 'cap_unreachable') THEN homes_decided ELSE 0 END AS homes_exempted
    FROM afgjort
)

SELECT
    CAST(listeaar() AS SMALLINT) AS list_year,
    kommunekode(kom) AS kom,
    CAST(family_homes AS BIGINT) AS family_homes,
    CAST(homes_udsat AS BIGINT) AS homes_udsat,
    CAST(homes_forebyggelse AS BIGINT) AS homes_forebyggelse,
    share(homes_udsat + homes_forebyggelse, family_homes) AS share,
    cap_exceeded,
    decision,
    CAST(homes_exempted AS BIGINT) AS homes_exempted,
    CAST(homes_udsat + homes_forebyggelse - homes_exempted AS BIGINT) AS covered_homes,
    share(homes_udsat + homes_forebyggelse - homes_exempted, family_homes) AS covered_share,
    decision = 'valid' AND NOT exceeded_with_one_area_less AS over_exempted
FROM daekket
ORDER BY list_year, kom
