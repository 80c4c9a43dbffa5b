-- What each assignment comes to: allowed, banned, must_assign or undecided, with the grounds and the missing facts.
-- Grain: assignment. Key: assignment_id. `decided` says which of stk. 6 and stk. 7 binds the home's area on the day.
-- Law: almenboligloven § 59, stk. 6-9.
WITH per_assignment AS (
    SELECT
        assignment_id,
        coalesce(list(DISTINCT ground) FILTER (WHERE met AND of_stk6), []) AS grounds6,
        coalesce(list(DISTINCT ground) FILTER (WHERE met AND of_stk7), []) AS grounds7,
        list_distinct(flatten(coalesce(list(missing) FILTER (WHERE of_stk6), []))) AS missing6,
        list_distinct(flatten(coalesce(list(missing) FILTER (WHERE of_stk7), []))) AS missing7
    FROM member_grounds
    GROUP BY assignment_id
),

households AS (
    SELECT
        decided.assignment_id,
        CASE
            WHEN
                decided.household_id NOT IN (SELECT household_id FROM cases.members)
                OR decided.household_id IN (
                    SELECT subject FROM cases.refused
                    WHERE "table" = 'members' AND uncertain AND subject IS NOT NULL
                )
                THEN ['members']
            ELSE CAST([] AS VARCHAR [])
        END AS missing
    FROM decided
),

found AS (
    SELECT
        decided.*,
        coalesce(grounds6, []) AS grounds6,
        coalesce(grounds7, []) AS grounds7,
        list_concat(coalesce(missing6, []), households.missing) AS missing6,
        list_concat(coalesce(missing7, []), households.missing) AS missing7,
        rules.unknown_alternative_bans
    FROM decided
    INNER JOIN households USING (assignment_id)
    LEFT JOIN per_assignment USING (assignment_id)
    LEFT JOIN assignment_law AS rules USING (period)
),

weighed AS (
    SELECT
        *,
        (stk6 = 'applies' AND len(grounds6) > 0) OR (stk7 = 'applies' AND len(grounds7) > 0) AS barred,
        stk6 IN ('applies', 'undecided') AND len(grounds6) + len(missing6) > 0 AS open6,
        stk7 IN ('applies', 'undecided') AND len(grounds7) + len(missing7) > 0 AS open7
    FROM found
),

concluded AS (
    SELECT
        *,
        CASE
            WHEN area_id IS NULL THEN 'allowed'
            WHEN decision_date IS NULL OR NOT area_in_force THEN 'undecided'
            WHEN barred AND alternative_exists THEN 'banned'
            WHEN barred AND NOT alternative_exists THEN 'must_assign'
            WHEN barred AND unknown_alternative_bans THEN 'banned'
            WHEN barred OR open6 OR open7 THEN 'undecided'
            ELSE 'allowed'
        END AS outcome
    FROM weighed
)

SELECT
    assignment_id,
    outcome,
    CASE
        WHEN outcome = 'allowed' OR decision_date IS NULL THEN NULL
        ELSE nullif(array_to_string(list_sort(list_distinct(list_concat(
            CASE WHEN stk6 = 'applies' OR (stk6 = 'undecided' AND NOT barred) THEN grounds6 ELSE [] END,
            CASE WHEN stk7 = 'applies' OR (stk7 = 'undecided' AND NOT barred) THEN grounds7 ELSE [] END
        ))), ';'), '')
    END AS grounds,
    CASE
        WHEN outcome <> 'undecided' THEN NULL
        WHEN decision_date IS NULL THEN 'decision_date'
        WHEN NOT area_in_force THEN 'area_id'
        WHEN barred THEN 'alternative_exists'
        ELSE array_to_string(list_sort(list_distinct(list_concat(list_concat(
            CASE WHEN open6 THEN missing6 ELSE [] END,
            CASE WHEN open7 THEN missing7 ELSE [] END),
            list_concat(
                CASE
                    WHEN open6 AND stk6 = 'undecided'
                        THEN [CASE WHEN plan_in_doubt THEN 'development_plans' ELSE 'list_history' END]
                    ELSE []
                END,
                CASE
                    WHEN open7 AND stk7 = 'undecided'
                        THEN [CASE WHEN list_known THEN 'cap_decision' ELSE 'list_history' END]
                    ELSE []
                END
            )
        ))), ';')
    END AS missing_facts,
    household_id,
    area_id,
    decision_date,
    CASE WHEN area_in_force THEN status END AS status,
    CASE WHEN area_in_force THEN stk6 ELSE 'undecided' END AS stk6,
    CASE WHEN area_in_force THEN stk7 ELSE 'undecided' END AS stk7,
    list_in_force,
    CASE outcome
        WHEN 'must_assign'
            THEN 'the council recorded that no home outside the areas of stk. 6 and 7 can be assigned (stk. 9)'
        WHEN 'banned'
            THEN CASE WHEN alternative_exists THEN 'a home outside the areas can be assigned' ELSE
                'no finding that another home is impossible (stk. 9)' END
        WHEN 'undecided'
            THEN CASE WHEN area_in_force OR decision_date IS NULL THEN 'facts are missing' ELSE
                'the area is none of those in force for the list, and no development plan binds it' END
        ELSE CASE
            WHEN area_id IS NULL THEN 'the home stands in no listed area'
            WHEN stk6 = 'no' AND stk7 = 'no' THEN 'neither stk. 6 nor stk. 7 binds the area'
            WHEN stk6 = 'no' AND stk7 = 'exempted' THEN 'the council has exempted the area (stk. 8)'
            ELSE 'no ground found'
        END
    END AS reason,
    parameter_set
FROM concluded
