-- Whether each benefit rule's months before the decision are unbroken: true, false, or null where one is not known.
-- Grain: assignment x member with a benefit month, received or refused, in the longest period.
-- Key: assignment_id, member_id. Months end with the last whole month before the decision.
-- Law: almenboligloven § 59, stk. 6, nr. 5 and 7, and stk. 7. Benefits that one rule names together may alternate.
-- By afgoerelsesvalg.benefit_names the names are those of the day of the decision, or those in force in each month.
-- Rows of one month that contradict each other tell a rule that names all their benefits that the month counts, and one
-- that names none of them that it does not. Otherwise a month of which any row was refused is not known, whichever row
-- came first; a refused row whose month cannot be read may have been any one month. Both leave a rule open only where
-- they could complete its months.
WITH cases_in_question AS (
    SELECT
        decided.assignment_id,
        members.member_id,
        decided.period,
        decided.decision_date
    FROM decided
    INNER JOIN cases.members AS members USING (household_id)
),

unreadable_months AS (
    SELECT
        subject AS member_id,
        subject_month AS month
    FROM cases.refused
    WHERE "table" = 'benefit_months' AND uncertain AND NOT contradicted AND subject IS NOT NULL
),

received_and_refused AS (
    SELECT
        member_id,
        month,
        list(DISTINCT benefit) AS benefits,
        false AS unknown
    FROM (
        SELECT * FROM cases.benefit_months
        UNION ALL
        SELECT * FROM cases.benefit_months_contradicted
    )
    ANTI JOIN unreadable_months USING (member_id, month)
    GROUP BY member_id, month
    UNION ALL
    SELECT DISTINCT
        member_id,
        month,
        CAST([] AS VARCHAR []) AS benefits,
        true AS unknown
    FROM unreadable_months
    WHERE month IS NOT NULL
    UNION ALL
    SELECT
        member_id,
        month,
        CAST([] AS VARCHAR []) AS benefits,
        true AS unknown
    FROM unreadable_months
    WHERE month IS NULL
),

-- 1 is the last whole month before the decision, 2 the one before it; null is a month that cannot be read.
-- `named_on`: the day whose names a month is read by.
months AS (
    SELECT
        cases_in_question.*,
        found.benefits,
        found.unknown,
        date_diff('month', found.month, cases_in_question.decision_date) AS months_back,
        CASE
            WHEN rules.names_of_each_month THEN greatest(found.month, rules.first_day)
            ELSE cases_in_question.decision_date
        END AS named_on
    FROM cases_in_question
    INNER JOIN received_and_refused AS found USING (member_id)
    INNER JOIN assignment_law AS rules USING (period)
),

-- What each rule asks for in each period: months on end, with any of the benefits that it names.
benefit_rules AS (
    SELECT
        period,
        valid_from,
        valid_until,
        longest_months,
        unnest(['nr5', 'nr7', 'stk7_short', 'stk7_long']) AS rule,
        unnest([stk6_nr5_months, stk6_nr7_months, stk7_short_months, stk7_long_months]) AS months_needed,
        unnest([stk6_nr5_benefits, stk6_nr7_benefits, stk7_short_benefits, stk7_long_benefits]) AS benefits
    FROM assignment_law
),

counted AS (
    SELECT
        months.assignment_id,
        months.member_id,
        rules.rule,
        rules.months_needed,
        count(*) FILTER (
            WHERE
                NOT months.unknown
                AND list_has_all(names.benefits, months.benefits)
                AND months.months_back <= rules.months_needed
        ) AS months_known,
        count(*) FILTER (
            WHERE
                (
                    months.unknown
                    OR (
                        list_has_any(names.benefits, months.benefits)
                        AND NOT list_has_all(names.benefits, months.benefits)
                    )
                )
                AND coalesce(months.months_back <= rules.months_needed, true)
        ) AS months_unknown
    FROM months
    INNER JOIN benefit_rules AS rules ON rules.period = months.period
    INNER JOIN benefit_rules AS names
        ON
            names.rule = rules.rule
            AND names.valid_from <= months.named_on
            AND (names.valid_until IS NULL OR months.named_on < names.valid_until)
    WHERE months.months_back IS NULL OR (months.months_back >= 1 AND months.months_back <= rules.longest_months)
    GROUP BY months.assignment_id, months.member_id, rules.rule, rules.months_needed
),

unbroken AS (
    SELECT
        assignment_id,
        member_id,
        rule,
        CASE
            WHEN months_known = months_needed THEN true
            WHEN months_known + months_unknown < months_needed THEN false
        END AS met
    FROM counted
)

SELECT
    assignment_id,
    member_id,
    bool_or(met) FILTER (WHERE rule = 'nr5') AS nr5,
    bool_or(met) FILTER (WHERE rule = 'nr7') AS nr7,
    bool_or(met) FILTER (WHERE rule = 'stk7_short') AS stk7_short,
    bool_or(met) FILTER (WHERE rule = 'stk7_long') AS stk7_long
FROM unbroken
GROUP BY assignment_id, member_id
