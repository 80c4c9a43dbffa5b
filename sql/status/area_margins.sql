-- How near each area is to another outcome: the least number of present residents whose figure in the latest year
-- would have to differ, denominators fixed, to flip each limit, and to change the area's status or parallelsamfund.
-- Grain: list year x area x limit, and one row per area for the status (category and criterion 'status').
-- Key: list_year, area_id, category, criterion.
-- Law: almenboligloven § 61 a, stk. 1-3; § 61 b. The figures of the year before, of the region and of the country
-- stay. Outside is in full-time persons rounded up, income in whole kroner per person rounded up, residents in
-- persons who come or leave. Each figure that differs counts as one resident. Empty: no such change flips it.
WITH byggesten AS (
    SELECT *
    FROM criteria.area_figures
    WHERE list_year = listeaar()
),

-- A figure moves by whole steps of its own numerator: persons, units of support, øre. `step` is what one step adds
-- to the numerator of criteria_met, `steps_per_person` the steps of one person (of one krone per person), and
-- `steps_up`, `steps_down` how many there can be (empty: no end).
skridt AS (
    SELECT
        area_id,
        unnest(['residents', 'nonwestern', 'outside', 'convicted', 'primary_only', 'income']) AS criterion,
        unnest([
            CAST(1 AS HUGEINT),
            CAST(1 AS HUGEINT),
            CAST(full_units_y2 AS HUGEINT),
            CAST(adults_y2 AS HUGEINT) * (national_convicted_denominator // 2),
            CAST(1 AS HUGEINT),
            CASE WHEN region_income_oere > 0 THEN CAST(region_income_persons AS HUGEINT) END
        ]) AS step,
        unnest([
            CAST(1 AS HUGEINT),
            CAST(1 AS HUGEINT),
            CASE WHEN persons_18_64_y1 > 0 THEN CAST(full_units_y1 AS HUGEINT) // persons_18_64_y1 END,
            CAST(1 AS HUGEINT),
            CAST(1 AS HUGEINT),
            100 * CAST(income_persons AS HUGEINT)
        ]) AS steps_per_person,
        unnest([
            CAST(NULL AS HUGEINT),
            CAST(residents - nonwestern AS HUGEINT),
            CAST(full_units_y1 - outside_units_y1 AS HUGEINT),
            CAST(adults_y1 - convicted_y1 AS HUGEINT),
            CAST(persons_30_59 - primary_only AS HUGEINT),
            CAST(NULL AS HUGEINT)
        ]) AS steps_up,
        unnest([
            CAST(residents AS HUGEINT),
            CAST(nonwestern AS HUGEINT),
            CAST(outside_units_y1 AS HUGEINT),
            CAST(convicted_y1 AS HUGEINT),
            CAST(primary_only AS HUGEINT),
            CAST(NULL AS HUGEINT)
        ]) AS steps_down
    FROM byggesten
),

afstande AS (
    SELECT
        held.area_id,
        held.category,
        held.criterion,
        held.met,
        held.operator,
        skridt.steps_per_person,
        skridt.steps_up,
        skridt.steps_down,
        (held.operator IN ('>', '>=')) <> held.met AS upwards,
        -- at the limit itself only one of the two sides has its outcome
        (held.operator IN ('>', '<')) <> held.met AS beyond,
        abs(
            CAST(held.limit_numerator AS HUGEINT) * CAST(held.denominator AS HUGEINT)
            - CAST(held.numerator AS HUGEINT) * held.limit_denominator
        ) AS distance,
        skridt.step * held.limit_denominator AS distance_per_step
    FROM criteria.criteria_met AS held
    INNER JOIN skridt ON skridt.area_id = held.area_id AND skridt.criterion = held.criterion
    WHERE held.list_year = listeaar()
),

skridt_til_graensen AS (
    SELECT
        *,
        CASE
            WHEN NOT distance_per_step > 0 OR NOT steps_per_person > 0 OR operator = '=' THEN NULL
            WHEN beyond THEN distance // distance_per_step + 1
            ELSE (distance + distance_per_step - 1) // distance_per_step
        END AS steps
    FROM afstande
),

mulige_skridt AS (
    SELECT
        area_id,
        category,
        criterion,
        met,
        upwards,
        steps_per_person,
        CASE WHEN steps <= coalesce(CASE WHEN upwards THEN steps_up ELSE steps_down END, steps) THEN steps END AS steps
    FROM skridt_til_graensen
),

-- `amount` is the steps in whole persons or kroner.
graenser AS (
    SELECT
        *,
        (steps + steps_per_person - 1) // steps_per_person AS amount,
        criterion || CASE WHEN upwards THEN ' +' ELSE ' -' END || amount AS change
    FROM mulige_skridt
),

-- What a figure can become: itself, or just across one of its limits. Between two limits nothing changes.
trin AS (
    SELECT DISTINCT area_id, criterion, upwards, steps, amount, change
    FROM graenser
    WHERE steps IS NOT NULL
    UNION ALL
    SELECT DISTINCT
        area_id,
        criterion,
        false AS upwards,
        CAST(0 AS HUGEINT) AS steps,
        CAST(0 AS HUGEINT) AS amount,
        CAST(NULL AS VARCHAR) AS change
    FROM graenser
),

muligheder AS (
    SELECT
        trin.area_id,
        trin.criterion,
        trin.amount,
        trin.steps,
        trin.change,
        coalesce(
            bool_or(graenser.met <> coalesce(trin.upwards = graenser.upwards AND trin.steps >= graenser.steps, false))
                FILTER (WHERE graenser.category = 'udsat_boligomraade'),
            false
        ) AS met_61a,
        coalesce(
            bool_or(graenser.met <> coalesce(trin.upwards = graenser.upwards AND trin.steps >= graenser.steps, false))
                FILTER (WHERE graenser.category = 'parallelsamfund'),
            false
        ) AS met_parallelsamfund,
        coalesce(
            bool_or(graenser.met <> coalesce(trin.upwards = graenser.upwards AND trin.steps >= graenser.steps, false))
                FILTER (WHERE graenser.category = 'forebyggelsesomraade'),
            false
        ) AS met_61b
    FROM trin
    INNER JOIN graenser ON graenser.area_id = trin.area_id AND graenser.criterion = trin.criterion
    GROUP BY trin.area_id, trin.criterion, trin.amount, trin.steps, trin.change, trin.upwards
),

-- Every combination of what the figures can become. Income alone, or anything but income: kroner and persons do not
-- add up.
kombinationer AS (
    SELECT
        beboere.area_id,
        indkomst.steps > 0 AS in_kroner,
        beboere.amount + oprindelse.amount + uden.amount + doemte.amount + grundskole.amount + indkomst.amount AS amount,
        (beboere.steps > 0)::INT + (oprindelse.steps > 0)::INT + (uden.steps > 0)::INT + (doemte.steps > 0)::INT
        + (grundskole.steps > 0)::INT + (indkomst.steps > 0)::INT AS changes,
        concat_ws(
            ', ',
            CASE WHEN beboere.steps > 0 THEN beboere.change END,
            CASE WHEN oprindelse.steps > 0 THEN oprindelse.change END,
            CASE WHEN uden.steps > 0 THEN uden.change END,
            CASE WHEN doemte.steps > 0 THEN doemte.change END,
            CASE WHEN grundskole.steps > 0 THEN grundskole.change END,
            CASE WHEN indkomst.steps > 0 THEN indkomst.change END
        ) AS change,
        beboere.met_61a AS residents_61a,
        beboere.met_61b AS residents_61b,
        oprindelse.met_parallelsamfund AS nonwestern_61a,
        oprindelse.met_61b AS nonwestern_61b,
        uden.met_61a::INT + doemte.met_61a::INT + grundskole.met_61a::INT + indkomst.met_61a::INT AS criteria_met_61a,
        uden.met_61b::INT + doemte.met_61b::INT + grundskole.met_61b::INT + indkomst.met_61b::INT AS criteria_met_61b
    FROM muligheder AS beboere
    INNER JOIN muligheder AS oprindelse ON oprindelse.area_id = beboere.area_id AND oprindelse.criterion = 'nonwestern'
    INNER JOIN muligheder AS uden ON uden.area_id = beboere.area_id AND uden.criterion = 'outside'
    INNER JOIN muligheder AS doemte ON doemte.area_id = beboere.area_id AND doemte.criterion = 'convicted'
    INNER JOIN muligheder AS grundskole ON grundskole.area_id = beboere.area_id AND grundskole.criterion = 'primary_only'
    INNER JOIN muligheder AS indkomst ON indkomst.area_id = beboere.area_id AND indkomst.criterion = 'income'
    WHERE
        beboere.criterion = 'residents'
        AND (
            indkomst.steps = 0
            OR beboere.steps + oprindelse.steps + uden.steps + doemte.steps + grundskole.steps = 0
        )
),

krav AS (
    SELECT
        max(operator) FILTER (WHERE parameter = 'udsat_boligomraade.criteria_needed') AS operator_61a,
        max(numerator) FILTER (WHERE parameter = 'udsat_boligomraade.criteria_needed') AS needed_61a,
        max(operator) FILTER (WHERE parameter = 'forebyggelsesomraade.criteria_needed') AS operator_61b,
        max(numerator) FILTER (WHERE parameter = 'forebyggelsesomraade.criteria_needed') AS needed_61b
    FROM law.parameters
    WHERE list_year = listeaar()
),

udfald AS (
    SELECT
        kombinationer.*,
        residents_61a AND meets(criteria_met_61a, 1, krav.operator_61a, krav.needed_61a, 1) AS udsat_boligomraade,
        residents_61b AND nonwestern_61b AND meets(criteria_met_61b, 1, krav.operator_61b, krav.needed_61b, 1)
            AS opfylder_61b
    FROM kombinationer
    CROSS JOIN krav
),

kategorier AS (
    SELECT
        area_id,
        in_kroner,
        amount,
        changes,
        change,
        CASE
            WHEN udsat_boligomraade AND nonwestern_61a THEN 'parallelsamfund'
            WHEN udsat_boligomraade THEN 'udsat_boligomraade'
            WHEN opfylder_61b THEN 'forebyggelsesomraade'
            ELSE 'ikke_omfattet'
        END AS leads_to
    FROM udfald
),

-- The unchanged combination is what the area is now.
andre_udfald AS (
    SELECT andre.*
    FROM kategorier AS andre
    INNER JOIN kategorier AS nu ON nu.area_id = andre.area_id AND nu.changes = 0
    WHERE andre.leads_to <> nu.leads_to
),

naermeste AS (
    SELECT *
    FROM andre_udfald
    QUALIFY row_number() OVER (PARTITION BY area_id, in_kroner ORDER BY amount, changes, change) = 1
)

SELECT
    CAST(listeaar() AS SMALLINT) AS list_year,
    area_id,
    category,
    criterion,
    met,
    CAST(CASE WHEN criterion <> 'income' THEN amount END AS BIGINT) AS persons,
    CAST(CASE WHEN criterion = 'income' THEN amount END AS BIGINT) AS kroner,
    change,
    CAST(NULL AS VARCHAR) AS leads_to,
    CAST(NULL AS VARCHAR) AS kroner_change,
    CAST(NULL AS VARCHAR) AS kroner_leads_to
FROM graenser
UNION ALL
SELECT
    CAST(listeaar() AS SMALLINT) AS list_year,
    byggesten.area_id,
    'status' AS category,
    'status' AS criterion,
    CAST(NULL AS BOOLEAN) AS met,
    CAST(i_personer.amount AS BIGINT) AS persons,
    CAST(i_kroner.amount AS BIGINT) AS kroner,
    i_personer.change,
    i_personer.leads_to,
    i_kroner.change AS kroner_change,
    i_kroner.leads_to AS kroner_leads_to
FROM byggesten
LEFT JOIN naermeste AS i_personer ON i_personer.area_id = byggesten.area_id AND NOT i_personer.in_kroner
LEFT JOIN naermeste AS i_kroner ON i_kroner.area_id = byggesten.area_id AND i_kroner.in_kroner
ORDER BY list_year, area_id, category, criterion
