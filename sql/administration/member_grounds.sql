-- The grounds of § 59, stk. 6 and 7, held against each household member: met, or open (null) for want of a fact.
-- Grain: assignment x member x ground that is met or open; a ground that is known not to be met has no row.
-- Key: assignment_id, member_id, ground.
-- A fact that is not known leaves a ground open only where the known facts do not settle it.
-- Law: almenboligloven § 59, stk. 6, nr. 1-7, and stk. 7.
WITH facts AS (
    SELECT
        decided.assignment_id,
        decided.decision_date,
        members.*,
        rules,
        eu.country_code IS NOT NULL AS has_free_movement,
        members.citizenship IS NULL OR list_contains(rules.citizenship_unknown_codes, members.citizenship) AS citizenship_unknown,
        runs.member_id IS NULL AS no_benefit,
        runs.nr5,
        runs.nr7,
        runs.stk7_short,
        runs.stk7_long
    FROM decided
    INNER JOIN cases.members AS members USING (household_id)
    INNER JOIN assignment_law AS rules USING (period)
    LEFT JOIN benefit_runs AS runs
        ON runs.assignment_id = decided.assignment_id AND runs.member_id = members.member_id
    LEFT JOIN free_movement AS eu
        ON
            eu.country_code = members.citizenship
            AND list_contains(rules.citizenship_groups, eu.citizenship_group)
            AND eu.valid_from <= decided.decision_date
            AND (eu.valid_to IS NULL OR decided.decision_date < eu.valid_to)
),

conditions AS (
    SELECT
        *,
        -- The two differ for who was born on 29 February alone: years after that day end on the 28th, and years before
        -- the 28th do not reach it.
        CASE
            WHEN rules.leap_day_on_28_february
                THEN birth_date + to_years(CAST(rules.under_age AS INTEGER)) > decision_date
            ELSE birth_date > decision_date - to_years(CAST(rules.under_age AS INTEGER))
        END AS young,
        release_date <= decision_date
        AND (
            decision_date < release_date + to_months(CAST(rules.release_months AS INTEGER))
            OR (rules.last_day_counts AND decision_date = release_date + to_months(CAST(rules.release_months AS INTEGER)))
        ) AS released_lately,
        lease_ended_date <= decision_date
        AND (
            decision_date < lease_ended_date + to_months(CAST(rules.lease_months AS INTEGER))
            OR (rules.last_day_counts AND decision_date = lease_ended_date + to_months(CAST(rules.lease_months AS INTEGER)))
        ) AS lease_ended_lately,
        lease_ended_date IS NULL AND lease_ended_ground IS NULL AND rules.no_lease_when_empty AS no_ended_lease,
        CASE WHEN NOT citizenship_unknown THEN NOT has_free_movement END AS third_country
    FROM facts
),

judged AS (
    SELECT
        *,
        convicted AND release_from = 'kriminalforsorgen' AND released_lately AND action_plan AS nr1,
        young AND convicted AND release_from = 'anden_institution' AND released_lately AND action_plan AS nr2,
        NOT no_ended_lease AND lease_ended_ground = 'grov_overtraedelse' AND lease_ended_lately AS nr3,
        third_country AND NOT student AS nr4,
        NOT no_benefit AND nr5 AS nr5_met,
        NOT no_benefit AND nr7 AS nr7_met,
        NOT no_benefit AND stk7_short AS short_met,
        NOT no_benefit AND stk7_long AS long_met
    FROM conditions
),

grounds AS (
    SELECT
        assignment_id,
        member_id,
        unnest([
            {
                'ground': '59-6-1', 'met': nr1,
                'missing': [
                    CASE WHEN convicted IS NULL THEN 'convicted' END,
                    CASE WHEN release_date IS NULL THEN 'release_date' END,
                    CASE WHEN release_from IS NULL THEN 'release_from' END,
                    CASE WHEN action_plan IS NULL THEN 'action_plan' END
                ]
            },
            {
                'ground': '59-6-2', 'met': nr2,
                'missing': [
                    CASE WHEN birth_date IS NULL THEN 'birth_date' END,
                    CASE WHEN convicted IS NULL THEN 'convicted' END,
                    CASE WHEN release_date IS NULL THEN 'release_date' END,
                    CASE WHEN release_from IS NULL THEN 'release_from' END,
                    CASE WHEN action_plan IS NULL THEN 'action_plan' END
                ]
            },
            {
                'ground': '59-6-3', 'met': nr3,
                'missing': [
                    CASE WHEN lease_ended_date IS NULL THEN 'lease_ended_date' END,
                    CASE WHEN lease_ended_ground IS NULL THEN 'lease_ended_ground' END
                ]
            },
            {
                'ground': '59-6-4', 'met': nr4,
                'missing': [
                    CASE WHEN citizenship_unknown THEN 'citizenship' END,
                    CASE WHEN student IS NULL THEN 'student' END
                ]
            },
            {'ground': '59-6-5', 'met': nr5_met, 'missing': ['benefit_months']},
            {
                'ground': '59-6-6', 'met': foertidspension,
                'missing': [CASE WHEN foertidspension IS NULL THEN 'foertidspension' END]
            },
            {'ground': '59-6-7', 'met': nr7_met, 'missing': ['benefit_months']},
            {'ground': '59-7-ydelse-6', 'met': short_met, 'missing': ['benefit_months']},
            {'ground': '59-7-kontanthjaelp-24', 'met': long_met, 'missing': ['benefit_months']}
        ]) AS g,
        rules
    FROM judged
)

SELECT
    assignment_id,
    member_id,
    g.ground AS ground,
    g.met AS met,
    starts_with(g.ground, '59-6-') AS of_stk6,
    starts_with(g.ground, '59-7-') OR list_contains(rules.stk7_grounds, replace(g.ground, '59-6-', '')) AS of_stk7,
    CASE WHEN g.met IS NULL THEN list_filter(g.missing, lambda fact : fact IS NOT NULL) ELSE CAST([] AS VARCHAR []) END AS missing
FROM grounds
WHERE g.met OR g.met IS NULL
