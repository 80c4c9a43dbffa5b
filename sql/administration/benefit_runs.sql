-- How many of the months that each benefit rule looks at a household member received its benefits in.
-- Grain: assignment x member with a benefit month in the longest period. Months end with the last whole month before the decision.
-- Law: almenboligloven § 59, stk. 6, nr. 5 and 7, and stk. 7. Benefits that one rule names together may alternate.
-- By valg.benefit_names the names are those of the day of the decision, or those in force in each month.
WITH cases_in_question AS (
    SELECT
        decided.assignment_id,
        members.member_id,
        decided.period,
        decided.decision_date
    FROM decided
    INNER JOIN cases.members AS members USING (household_id)
),

-- 1 is the last whole month before the decision, 2 the one before it. `named_on`: the day whose names a month is read by.
months AS (
    SELECT
        cases_in_question.*,
        benefit_months.benefit,
        date_diff('month', benefit_months.month, cases_in_question.decision_date) AS months_back,
        CASE
            WHEN rules.names_of_each_month THEN greatest(benefit_months.month, rules.first_day)
            ELSE cases_in_question.decision_date
        END AS named_on
    FROM cases_in_question
    INNER JOIN cases.benefit_months AS benefit_months USING (member_id)
    INNER JOIN assignment_law AS rules USING (period)
)

SELECT
    months.assignment_id,
    months.member_id,
    count(*) FILTER (
        WHERE list_contains(names.stk6_nr5_benefits, months.benefit)
        AND months.months_back <= rules.stk6_nr5_months
    ) = any_value(rules.stk6_nr5_months) AS nr5,
    count(*) FILTER (
        WHERE list_contains(names.stk6_nr7_benefits, months.benefit)
        AND months.months_back <= rules.stk6_nr7_months
    ) = any_value(rules.stk6_nr7_months) AS nr7,
    count(*) FILTER (
        WHERE list_contains(names.stk7_short_benefits, months.benefit)
        AND months.months_back <= rules.stk7_short_months
    ) = any_value(rules.stk7_short_months) AS stk7_short,
    count(*) FILTER (
        WHERE list_contains(names.stk7_long_benefits, months.benefit)
        AND months.months_back <= rules.stk7_long_months
    ) = any_value(rules.stk7_long_months) AS stk7_long
FROM months
INNER JOIN assignment_law AS rules USING (period)
INNER JOIN assignment_law AS names
    ON
        names.valid_from <= months.named_on
        AND (names.valid_until IS NULL OR months.named_on < names.valid_until)
WHERE months.months_back >= 1 AND months.months_back <= rules.longest_months
GROUP BY ALL
