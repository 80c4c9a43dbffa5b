-- The figures of each area as published: counts, and shares with ten digits rounded half up from exact fractions.
-- Grain: list year x area. Key: list_year, area_id.
-- Law: almenboligloven §§ 61 a and 61 b. No status is decided on these rounded figures.
SELECT
    list_year,
    area_id,
    area_name,
    kommunekode(kom) AS kom,
    reg,
    residents,
    nonwestern,
    share(nonwestern, residents) AS nonwestern_share,
    persons_18_64_y2,
    share(outside_units_y2, full_units_y2) AS outside_share_y2,
    persons_18_64_y1,
    share(outside_units_y1, full_units_y1) AS outside_share_y1,
    share(outside_numerator, outside_denominator) AS outside_share,
    adults_y2,
    convicted_y2,
    adults_y1,
    convicted_y1,
    share(convicted_numerator, convicted_denominator) AS convicted_share,
    share(national_convicted_numerator, national_convicted_denominator) AS national_convicted_share,
    CASE WHEN national_convicted_numerator > 0 THEN
        share(
            convicted_numerator * (national_convicted_denominator // 2),
            national_convicted_numerator * (convicted_denominator // 2)
        )
    END AS convicted_ratio,
    persons_30_59,
    primary_only,
    share(primary_only, persons_30_59) AS primary_only_share,
    income_persons,
    kroner(income_oere, income_persons) AS income_mean,
    kroner(region_income_oere, region_income_persons) AS region_income_mean,
    CASE WHEN income_persons > 0 THEN
        share(
            CAST(income_oere AS HUGEINT) * region_income_persons, CAST(region_income_oere AS HUGEINT) * income_persons
        )
    END AS income_ratio
FROM criteria.area_figures
WHERE list_year = listeaar()
ORDER BY list_year, area_id
