-- Which of stk. 6 and stk. 7 binds the home's area on the day of each assignment, and by which list that is judged.
-- Grain: assignment. Key: assignment_id. `$year` is the list year whose decisions are made.
-- Law: almenboligloven § 59, stk. 6-9; afgoerelsesvalg.assignment_list.
WITH judged AS (
    SELECT
        assignments.*,
        rules.period,
        rules.parameter_set,
        list_days.list_year AS in_force,
        CASE WHEN rules.by_list_in_force THEN list_days.list_year ELSE $year END AS judged_by
    FROM cases.assignments AS assignments
    LEFT JOIN assignment_law AS rules
        ON
            rules.valid_from <= assignments.decision_date
            AND (rules.valid_until IS NULL OR assignments.decision_date < rules.valid_until)
    LEFT JOIN list_days
        ON list_days.valid_from <= assignments.decision_date AND assignments.decision_date < list_days.valid_until
),

bound AS (
    SELECT
        judged.assignment_id,
        judged.household_id,
        judged.area_id,
        judged.decision_date,
        judged.alternative_exists,
        judged.period,
        judged.parameter_set,
        judged.judged_by IS NOT NULL AS list_known,
        coalesce(regimes.on_list, false) AS on_list,
        coalesce(regimes.plan_in_doubt, false) AS plan_in_doubt,
        CASE WHEN judged.judged_by IS NOT NULL THEN coalesce(regimes.status, 'ikke_omfattet') END AS status,
        CASE
            WHEN judged.area_id IS NULL THEN 'no'
            WHEN judged.judged_by IS NULL THEN 'undecided'
            WHEN regimes.stk6 IS NULL THEN 'no'
            WHEN regimes.stk6_until <= judged.decision_date OR regimes.stk6_since > judged.decision_date THEN 'no'
            ELSE regimes.stk6
        END AS stk6,
        coalesce(regimes.stk6_by_plan, false) AS stk6_by_plan,
        CASE
            WHEN judged.area_id IS NULL THEN 'no'
            WHEN judged.judged_by IS NULL THEN 'undecided'
            WHEN NOT coalesce(regimes.stk7_listed, false) THEN 'no'
            WHEN NOT regimes.cap_exceeded THEN 'applies'
            WHEN regimes.exempted_from <= judged.decision_date THEN 'exempted'
            WHEN regimes.decided_from IS NULL THEN regimes.otherwise
            WHEN regimes.decided_from <= judged.decision_date THEN regimes.not_exempted
            ELSE 'undecided'
        END AS stk7,
        CASE
            WHEN judged.decision_date IS NOT NULL THEN coalesce(judged.in_force = judged.judged_by, false)
        END AS list_in_force
    FROM judged
    LEFT JOIN regimes
        ON
            regimes.area_id = judged.area_id
            AND regimes.period = judged.period
            AND regimes.list_year = judged.judged_by
)

-- What an area that the list has no longer is today is not known, unless its plan alone binds it.
SELECT
    *,
    NOT list_known OR area_id IS NULL OR on_list OR stk6 = 'applies' AS area_in_force
FROM bound
