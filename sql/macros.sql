-- The words that the SQL files share. Nothing here reads a table, and no legal number stands here:
-- lov(), lov_koder(), lov_kodetal(), lov_aar() and valgt() give what law/parameters says for the list year being
-- derived.
-- Grain: none. Key: none. Macros have no rows.
-- Law: almenboligloven § 61 a, stk. 1, nr. 2 (is_conviction), nr. 3 (is_counted_education) and nr. 4 (is_student,
-- is_taxable), stk. 2 (is_of_foreign_origin, is_western), and valg.fines.

-- The list year that is being derived.
CREATE OR REPLACE TEMP MACRO listeaar() AS getvariable('list_year');

-- A whole-number parameter in force on 1 December of the list year, such as lov('opgoerelse.outside_age_from').
CREATE OR REPLACE TEMP MACRO lov(parameter) AS getvariable('law_numbers')[parameter];

-- A set of codes in force on 1 December of the list year.
CREATE OR REPLACE TEMP MACRO lov_koder(parameter) AS getvariable('law_codes')[parameter];

-- The same set where the codes are whole numbers.
CREATE OR REPLACE TEMP MACRO lov_kodetal(parameter) AS CAST(getvariable('law_codes')[parameter] AS INTEGER[]);

-- The reading of the law that is chosen where its text leaves a choice, such as valgt('valg.fines').
CREATE OR REPLACE TEMP MACRO valgt(parameter) AS getvariable('law_choices')[parameter];

-- The reference year that a method parameter names as an offset from the list year.
CREATE OR REPLACE TEMP MACRO lov_aar(parameter) AS getvariable('list_year') + getvariable('law_numbers')[parameter];

-- The status day of a year.
CREATE OR REPLACE TEMP MACRO statusdag(in_year) AS make_date(in_year, 1, 1);

-- The code of a municipality as it is published: three digits, as text.
CREATE OR REPLACE TEMP MACRO kommunekode(kom) AS lpad(CAST(kom AS VARCHAR), 3, '0');

-- Completed years on a day.
CREATE OR REPLACE TEMP MACRO age_on(born, on_day) AS date_sub('year', born, on_day);

-- Whether somebody has completed so many years on a day, decided by one comparison of dates: age_on() >= years.
CREATE OR REPLACE TEMP MACRO has_age(born, on_day, years) AS born <= CAST(on_day - to_years(years) AS DATE);

-- Completed years from one age to another, both included, on a day.
CREATE OR REPLACE TEMP MACRO aged(born, on_day, from_years, to_years) AS
    has_age(born, on_day, from_years) AND NOT has_age(born, on_day, to_years + 1);

-- Whether a decision makes a person convicted (§ 61 a, stk. 1, nr. 2): under one of the acts, and a sanction that counts.
CREATE OR REPLACE TEMP MACRO is_conviction(offence_class, sanction_class) AS
    list_contains(lov_koder('opgoerelse.convicted_offence_classes'), offence_class)
    AND (
        list_contains(lov_kodetal('opgoerelse.convicted_sanction_classes'), sanction_class)
        OR (
            valgt('valg.fines') = 'counted'
            AND list_contains(lov_kodetal('opgoerelse.fine_sanction_classes'), sanction_class)
        )
    );

-- Whether an education counts (§ 61 a, stk. 1, nr. 3): there is one, and its source is no survey and no imputation.
CREATE OR REPLACE TEMP MACRO is_counted_education(hfaudd, hf_kilde) AS
    hfaudd IS NOT NULL
    AND hf_kilde IS NOT NULL
    AND NOT list_contains(lov_kodetal('opgoerelse.primary_only_sources_not_counted'), hf_kilde);

-- Whether somebody is an immigrant or descendant (§ 61 a, stk. 2): only theirs can be a country that is not western.
CREATE OR REPLACE TEMP MACRO is_of_foreign_origin(ie_type) AS
    list_contains(lov_kodetal('opgoerelse.nonwestern_ie_types'), ie_type);

-- Whether a group of countries is a western one (§ 61 a, stk. 2).
CREATE OR REPLACE TEMP MACRO is_western(country_group) AS
    list_contains(lov_koder('opgoerelse.western_country_groups'), country_group);

-- The origin that the report tells of, from the country's groups. A country that is unknown or in no group is one of
-- the other non-western ones.
CREATE OR REPLACE TEMP MACRO origin(ie_type, western, menapt) AS
    CASE
        WHEN NOT is_of_foreign_origin(ie_type) THEN 'dansk'
        WHEN western THEN 'vestlig'
        WHEN menapt THEN 'menapt'
        ELSE 'ikke_vestlig_oevrig'
    END;

-- Whether an area is on a list: it is so by its status, and on those within the udsatte boligområder by a column.
CREATE OR REPLACE TEMP MACRO is_on_list(list, status, parallelsamfund, omdannelsesomraade) AS
    status = list
    OR (list = 'parallelsamfund' AND parallelsamfund)
    OR (list = 'omdannelsesomraade' AND omdannelsesomraade);

-- Whether a person is a student, whose income does not count (§ 61 a, stk. 1, nr. 4).
CREATE OR REPLACE TEMP MACRO is_student(socio13) AS
    list_contains(lov_kodetal('opgoerelse.income_excluded_socio13'), socio13);

-- Whether a person is taxable and their income known (§ 61 a, stk. 1, nr. 4).
CREATE OR REPLACE TEMP MACRO is_taxable(omfang, income) AS
    list_contains(lov_kodetal('opgoerelse.income_omfang'), omfang) AND income IS NOT NULL;

-- Mondays to Fridays from 1 January 1900, a Monday, up to and including a day.
CREATE OR REPLACE TEMP MACRO weekdays_until(on_day) AS
    5 * ((on_day - DATE '1900-01-01' + 1) // 7) + least((on_day - DATE '1900-01-01' + 1) % 7, 5);

-- Mondays to Fridays from one day to another, both included; 0 where the last day is before the first.
CREATE OR REPLACE TEMP MACRO weekdays_between(first_day, last_day) AS
    greatest(weekdays_until(last_day) - weekdays_until(first_day - 1), 0);

-- Mondays to Fridays of a calendar year.
CREATE OR REPLACE TEMP MACRO weekdays_in(in_year) AS
    weekdays_between(make_date(in_year, 1, 1), make_date(in_year, 12, 31));

-- An exact fraction held against a limit by cross-multiplication. Denominators are above zero. An empty figure
-- meets nothing.
CREATE OR REPLACE TEMP MACRO meets(numerator, denominator, comparison, limit_numerator, limit_denominator) AS
    coalesce(
        CASE comparison
            WHEN '>' THEN numerator * limit_denominator > limit_numerator * denominator
            WHEN '>=' THEN numerator * limit_denominator >= limit_numerator * denominator
            WHEN '<' THEN numerator * limit_denominator < limit_numerator * denominator
            WHEN '<=' THEN numerator * limit_denominator <= limit_numerator * denominator
            WHEN '=' THEN numerator * limit_denominator = limit_numerator * denominator
        END,
        false
    );

-- numerator / denominator times scale as a whole number, halves away from zero. Whole numbers throughout.
CREATE OR REPLACE TEMP MACRO rounded(numerator, denominator, scale) AS
    CASE WHEN denominator <> 0 THEN
        (CASE WHEN (numerator < 0) <> (denominator < 0) THEN -1 ELSE 1 END)
        * ((2 * abs(CAST(numerator AS HUGEINT)) * scale + abs(CAST(denominator AS HUGEINT)))
           // (2 * abs(CAST(denominator AS HUGEINT))))
    END;

-- A published share: ten digits, rounded half up from the exact fraction.
CREATE OR REPLACE TEMP MACRO share(numerator, denominator) AS
    CAST(
        CAST(rounded(numerator, denominator, 10000000000) AS DECIMAL(28, 0)) * CAST('0.0000000001' AS DECIMAL(10, 10))
        AS DECIMAL(28, 10)
    );

-- A published mean in DKK from a sum in øre: two digits, rounded half up from the exact fraction.
CREATE OR REPLACE TEMP MACRO kroner(sum_oere, persons) AS
    CAST(CAST(rounded(sum_oere, persons, 1) AS DECIMAL(28, 0)) * CAST('0.01' AS DECIMAL(2, 2)) AS DECIMAL(28, 2));
