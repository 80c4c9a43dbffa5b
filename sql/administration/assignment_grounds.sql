-- Every ground of every member that could bind the home's area on the day, whether it is met, and what is not known.
-- Grain: assignment x member x ground. Key: assignment_id, member_id, ground.
-- Law: almenboligloven § 59, stk. 6, nr. 1-7, and stk. 7, 1. pkt.; § 168 a, stk. 6, where a development plan alone binds.
SELECT
    grounds.assignment_id,
    grounds.member_id,
    grounds.ground,
    CASE
        WHEN NOT grounds.of_stk6 THEN '§ 59, stk. 7, 1. pkt.'
        WHEN decided.stk6 = 'no' THEN '§ 59, stk. 7, 1. pkt., jf. stk. 6, nr. ' || right(grounds.ground, 1)
        WHEN decided.stk6_by_plan THEN '§ 168 a, stk. 6, jf. § 59, stk. 6, nr. ' || right(grounds.ground, 1)
        ELSE '§ 59, stk. 6, nr. ' || right(grounds.ground, 1)
    END AS paragraph,
    grounds.met,
    nullif(array_to_string(list_sort(grounds.missing), ';'), '') AS missing_facts
FROM member_grounds AS grounds
INNER JOIN decided USING (assignment_id)
WHERE (decided.stk6 <> 'no' AND grounds.of_stk6) OR (decided.stk7 NOT IN ('no', 'exempted') AND grounds.of_stk7)
