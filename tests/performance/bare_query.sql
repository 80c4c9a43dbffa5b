-- The yardstick: from the delivered files to every figure of every area in one statement, with no check at all.
-- Written from the published interface alone, so the law's numbers stand in it. Names in braces are filled in by
-- `tests.performance.bare_query`: relations over the delivered files, and the years as whole numbers.
-- y2 is the year two before the list year, y1 the year before; a year's residents are those of the next 1 January.
-- Status days are all 1 January, so an age is decided by comparing dates of birth with other 1 Januaries.
WITH
matrikler AS (
    SELECT
        AREA_ID AS area_id,
        NAVN AS area_name,
        CAST(KOM AS INTEGER) AS kom,
        CAST(EJERLAV AS BIGINT) AS ejerlav,
        lower(trim(MATRIKEL)) AS matrikel
    FROM {omraade}
),

kommuner AS (
    SELECT CAST(kom AS INTEGER) AS kom, CAST(reg AS INTEGER) AS reg
    FROM {municipalities}
    WHERE reg IS NOT NULL AND valid_from <= {list_day} AND coalesce(valid_to > {list_day}, true)
),

omraader AS (
    SELECT DISTINCT area_id, area_name, kom FROM matrikler
),

vestlige_lande AS (
    SELECT CAST(country_code AS INTEGER) AS country
    FROM {countries}
    WHERE country_group <> 'ikke-vestlig' AND valid_from <= {list_day} AND coalesce(valid_to > {list_day}, true)
),

medregnede_tilstande AS (
    SELECT CAST(pti_tilstand_kode AS INTEGER) AS tilstand
    FROM {of_states}
    WHERE CAST(counted AS INTEGER) = 1 AND valid_from <= {list_day} AND coalesce(valid_to > {list_day}, true)
),

grundskole_eller_uoplyst AS (
    SELECT CAST(hfaudd AS INTEGER) AS kode
    FROM {hfaudd_grundskole}
    WHERE valid_from <= {list_day} AND coalesce(valid_to > {list_day}, true)
),

beboere_y2 AS MATERIALIZED (
    SELECT matrikler.area_id, bef.PNR AS pnr, bef.FOED_DAG AS foed_dag
    FROM {bef_y2} AS bef
    INNER JOIN {bolig_y2} AS bolig ON bolig.ADRESSE_ID = bef.ADRESSE_ID
    INNER JOIN matrikler
        ON matrikler.ejerlav = CAST(bolig.EJERLAV AS BIGINT) AND matrikler.matrikel = lower(trim(bolig.MATRIKEL))
),

beboere_y1 AS MATERIALIZED (
    SELECT
        matrikler.area_id,
        bef.PNR AS pnr,
        bef.FOED_DAG AS foed_dag,
        CAST(bef.IE_TYPE AS INTEGER) IN (2, 3) AND vestlige_lande.country IS NULL AS nonwestern
    FROM {bef_y1} AS bef
    INNER JOIN {bolig_y1} AS bolig ON bolig.ADRESSE_ID = bef.ADRESSE_ID
    INNER JOIN matrikler
        ON matrikler.ejerlav = CAST(bolig.EJERLAV AS BIGINT) AND matrikler.matrikel = lower(trim(bolig.MATRIKEL))
    LEFT JOIN vestlige_lande ON vestlige_lande.country = CAST(bef.OPR_LAND AS INTEGER)
),

i_den_erhvervsaktive_alder AS (
    SELECT {y2} AS year, area_id, pnr
    FROM beboere_y2
    WHERE foed_dag > make_date({y2} + 1 - 65, 1, 1) AND foed_dag <= make_date({y2} + 1 - 18, 1, 1)
    UNION ALL
    SELECT {y1} AS year, area_id, pnr
    FROM beboere_y1
    WHERE foed_dag > make_date({y1} + 1 - 65, 1, 1) AND foed_dag <= make_date({y1} + 1 - 18, 1, 1)
),

forloeb AS (
    SELECT
        year,
        pnr,
        100 * CAST(hours AS DECIMAL(18, 2)) AS hundredths,
        -- days since Monday 1 January 1900, the last one excluded
        greatest(first_day, make_date(year, 1, 1)) - DATE '1900-01-01' AS from_day,
        least(coalesce(last_day, make_date(year, 12, 31)), make_date(year, 12, 31)) - DATE '1900-01-01' + 1 AS to_day
    FROM (
        SELECT
            {y2} AS year, PNR AS pnr, PTI_VFRA AS first_day, PTI_VTIL AS last_day, PTI_TIMER_PER_UGE AS hours,
            PTI_TILSTAND_KODE AS kode
        FROM {of_y2}
        UNION ALL
        SELECT {y1}, PNR, PTI_VFRA, PTI_VTIL, PTI_TIMER_PER_UGE, PTI_TILSTAND_KODE
        FROM {of_y1}
    )
    WHERE hours IS NOT NULL AND CAST(kode AS INTEGER) IN (SELECT tilstand FROM medregnede_tilstande)
),

fuldtid AS (
    SELECT
        year,
        CAST(3700 * (
            5 * (til // 7) + least(til % 7, 5) - 5 * (fra // 7) - least(fra % 7, 5)
        ) AS HUGEINT) AS units
    FROM (
        SELECT
            year,
            make_date(year, 1, 1) - DATE '1900-01-01' AS fra,
            make_date(year + 1, 1, 1) - DATE '1900-01-01' AS til
        FROM (VALUES ({y2}), ({y1})) AS aar (year)
    )
),

stoette AS (
    SELECT year, area_id, sum(units) AS units
    FROM (
        SELECT
            beboere.year,
            beboere.area_id,
            beboere.pnr,
            least(
                sum(CAST(forloeb.hundredths AS BIGINT) * greatest(
                    5 * (to_day // 7) + least(to_day % 7, 5) - 5 * (from_day // 7) - least(from_day % 7, 5), 0
                )),
                any_value(fuldtid.units)
            ) AS units
        FROM i_den_erhvervsaktive_alder AS beboere
        INNER JOIN forloeb ON forloeb.year = beboere.year AND forloeb.pnr = beboere.pnr
        INNER JOIN fuldtid ON fuldtid.year = beboere.year
        GROUP BY beboere.year, beboere.area_id, beboere.pnr
    )
    GROUP BY year, area_id
),

uden_tilknytning AS (
    SELECT
        area_id,
        count(*) FILTER (WHERE year = {y2}) AS persons_y2,
        count(*) FILTER (WHERE year = {y1}) AS persons_y1
    FROM i_den_erhvervsaktive_alder
    GROUP BY area_id
),

afgoerelser AS (
    SELECT {y2} AS year, PNR AS pnr, AFG_AFGOEDTO AS day, AFG_GER7 AS offence, AFG_AFGTYP3 AS decision FROM {kraf_y2}
    UNION ALL
    SELECT {y1}, PNR, AFG_AFGOEDTO, AFG_GER7, AFG_AFGTYP3 FROM {kraf_y1}
),

doemte AS MATERIALIZED (
    SELECT DISTINCT year, pnr
    FROM afgoerelser
    WHERE
        pnr IS NOT NULL
        AND day >= make_date(year, 1, 1)
        AND day < make_date(year + 1, 1, 1)
        AND CAST(decision AS INTEGER) BETWEEN 100 AND 199
        AND regexp_matches(lpad(CAST(offence AS VARCHAR), 7, '0'), '^(1|32|34)')
),

voksne AS (
    SELECT {y2} AS year, area_id, pnr FROM beboere_y2 WHERE foed_dag <= make_date({y2} + 1 - 18, 1, 1)
    UNION ALL
    SELECT {y1} AS year, area_id, pnr FROM beboere_y1 WHERE foed_dag <= make_date({y1} + 1 - 18, 1, 1)
),

doemte_i_omraader AS (
    SELECT
        voksne.area_id,
        count(*) FILTER (WHERE voksne.year = {y2}) AS adults_y2,
        count(doemte.pnr) FILTER (WHERE voksne.year = {y2}) AS convicted_y2,
        count(*) FILTER (WHERE voksne.year = {y1}) AS adults_y1,
        count(doemte.pnr) FILTER (WHERE voksne.year = {y1}) AS convicted_y1
    FROM voksne
    LEFT JOIN doemte ON doemte.year = voksne.year AND doemte.pnr = voksne.pnr
    GROUP BY voksne.area_id
),

doemte_i_landet AS (
    SELECT y2.adults AS adults_y2, y2.convicted AS convicted_y2, y1.adults AS adults_y1, y1.convicted AS convicted_y1
    FROM (
        SELECT count(*) AS adults, count(doemte.pnr) AS convicted
        FROM {bef_y2} AS bef
        LEFT JOIN doemte ON doemte.year = {y2} AND doemte.pnr = bef.PNR
        WHERE bef.FOED_DAG <= make_date({y2} + 1 - 18, 1, 1)
    ) AS y2
    CROSS JOIN (
        SELECT count(*) AS adults, count(doemte.pnr) AS convicted
        FROM {bef_y1} AS bef
        LEFT JOIN doemte ON doemte.year = {y1} AND doemte.pnr = bef.PNR
        WHERE bef.FOED_DAG <= make_date({y1} + 1 - 18, 1, 1)
    ) AS y1
),

mere_end_grundskole AS (
    SELECT PNR AS pnr
    FROM {udda}
    WHERE
        CAST(HF_KILDE AS INTEGER) NOT IN (3, 9, 10, 17, 18)
        AND HFAUDD IS NOT NULL
        AND CAST(HFAUDD AS INTEGER) NOT IN (SELECT kode FROM grundskole_eller_uoplyst)
),

uddannelse AS (
    SELECT
        beboere.area_id,
        count(*) AS persons,
        count(*) FILTER (WHERE mere_end_grundskole.pnr IS NULL) AS primary_only
    FROM beboere_y1 AS beboere
    LEFT JOIN mere_end_grundskole ON mere_end_grundskole.pnr = beboere.pnr
    WHERE
        beboere.foed_dag > make_date({y1} + 1 - 60, 1, 1) AND beboere.foed_dag <= make_date({y1} + 1 - 30, 1, 1)
    GROUP BY beboere.area_id
),

skattepligtige AS MATERIALIZED (
    SELECT ind.PNR AS pnr, CAST(100 * CAST(ind.PERINDKIALT_13 AS DECIMAL(18, 2)) AS BIGINT) AS oere
    FROM {ind} AS ind
    ANTI JOIN (SELECT PNR FROM {akm} WHERE CAST(SOCIO13 AS INTEGER) = 310) AS studerende ON studerende.PNR = ind.PNR
    WHERE CAST(ind.OMFANG AS INTEGER) = 1 AND ind.PERINDKIALT_13 IS NOT NULL
),

indkomst AS (
    SELECT beboere.area_id, count(*) AS persons, sum(skattepligtige.oere) AS oere
    FROM beboere_y1 AS beboere
    INNER JOIN skattepligtige ON skattepligtige.pnr = beboere.pnr
    WHERE
        beboere.foed_dag > make_date({y1} + 1 - 65, 1, 1) AND beboere.foed_dag <= make_date({y1} + 1 - 15, 1, 1)
    GROUP BY beboere.area_id
),

indkomst_i_regionen AS (
    SELECT kommuner.reg, sum(persons) AS persons, sum(oere) AS oere
    FROM (
        SELECT CAST(bef.KOM AS INTEGER) AS kom, count(*) AS persons, sum(skattepligtige.oere) AS oere
        FROM {bef_y1} AS bef
        INNER JOIN skattepligtige ON skattepligtige.pnr = bef.PNR
        WHERE bef.FOED_DAG > make_date({y1} + 1 - 65, 1, 1) AND bef.FOED_DAG <= make_date({y1} + 1 - 15, 1, 1)
        GROUP BY bef.KOM
    ) AS i_kommunen
    INNER JOIN kommuner ON kommuner.kom = i_kommunen.kom
    GROUP BY kommuner.reg
),

beboertal AS (
    SELECT area_id, count(*) AS residents, count(*) FILTER (WHERE nonwestern) AS nonwestern
    FROM beboere_y1
    GROUP BY area_id
),

samlet AS (
    SELECT
        omraader.*,
        kommuner.reg,
        coalesce(beboertal.residents, 0) AS residents,
        coalesce(beboertal.nonwestern, 0) AS nonwestern,
        coalesce(uden_tilknytning.persons_y2, 0) AS persons_18_64_y2,
        coalesce(uden_tilknytning.persons_y1, 0) AS persons_18_64_y1,
        CAST(coalesce(stoette_y2.units, 0) AS HUGEINT) AS outside_y2,
        CAST(coalesce(stoette_y1.units, 0) AS HUGEINT) AS outside_y1,
        coalesce(uden_tilknytning.persons_y2, 0) * fuldtid_y2.units AS full_y2,
        coalesce(uden_tilknytning.persons_y1, 0) * fuldtid_y1.units AS full_y1,
        coalesce(doemte_i_omraader.adults_y2, 0) AS adults_y2,
        coalesce(doemte_i_omraader.convicted_y2, 0) AS convicted_y2,
        coalesce(doemte_i_omraader.adults_y1, 0) AS adults_y1,
        coalesce(doemte_i_omraader.convicted_y1, 0) AS convicted_y1,
        CAST(landet.adults_y2 AS HUGEINT) * landet.adults_y1 AS national_whole,
        CAST(landet.convicted_y2 AS HUGEINT) * landet.adults_y1
        + CAST(landet.convicted_y1 AS HUGEINT) * landet.adults_y2 AS national_part,
        coalesce(uddannelse.persons, 0) AS persons_30_59,
        coalesce(uddannelse.primary_only, 0) AS primary_only,
        coalesce(indkomst.persons, 0) AS income_persons,
        CAST(indkomst.oere AS HUGEINT) AS income_oere,
        CAST(indkomst_i_regionen.persons AS HUGEINT) AS region_persons,
        CAST(indkomst_i_regionen.oere AS HUGEINT) AS region_oere
    FROM omraader
    CROSS JOIN doemte_i_landet AS landet
    INNER JOIN fuldtid AS fuldtid_y2 ON fuldtid_y2.year = {y2}
    INNER JOIN fuldtid AS fuldtid_y1 ON fuldtid_y1.year = {y1}
    LEFT JOIN kommuner ON kommuner.kom = omraader.kom
    LEFT JOIN beboertal ON beboertal.area_id = omraader.area_id
    LEFT JOIN uden_tilknytning ON uden_tilknytning.area_id = omraader.area_id
    LEFT JOIN stoette AS stoette_y2 ON stoette_y2.area_id = omraader.area_id AND stoette_y2.year = {y2}
    LEFT JOIN stoette AS stoette_y1 ON stoette_y1.area_id = omraader.area_id AND stoette_y1.year = {y1}
    LEFT JOIN doemte_i_omraader ON doemte_i_omraader.area_id = omraader.area_id
    LEFT JOIN uddannelse ON uddannelse.area_id = omraader.area_id
    LEFT JOIN indkomst ON indkomst.area_id = omraader.area_id
    LEFT JOIN indkomst_i_regionen ON indkomst_i_regionen.reg = kommuner.reg
),

-- Every published share as numerator, denominator and the power of ten it is rounded to; halves away from zero.
-- The mean of two yearly shares a/A and b/B is (aB + bA) / 2AB; a denominator of 0 leaves the figure empty.
afrundet AS (
    SELECT
        *,
        list_transform(
            [
                {{'part': CAST(nonwestern AS HUGEINT), 'whole': CAST(residents AS HUGEINT), 'scale': 10000000000}},
                {{'part': outside_y2, 'whole': full_y2, 'scale': 10000000000}},
                {{'part': outside_y1, 'whole': full_y1, 'scale': 10000000000}},
                {{
                    'part': outside_y2 * full_y1 + outside_y1 * full_y2,
                    'whole': 2 * full_y2 * full_y1,
                    'scale': 10000000000
                }},
                {{
                    'part': CAST(convicted_y2 * adults_y1 + convicted_y1 * adults_y2 AS HUGEINT),
                    'whole': CAST(2 * adults_y2 * adults_y1 AS HUGEINT),
                    'scale': 10000000000
                }},
                {{'part': national_part, 'whole': 2 * national_whole, 'scale': 10000000000}},
                {{
                    'part': (convicted_y2 * adults_y1 + convicted_y1 * adults_y2) * national_whole,
                    'whole': adults_y2 * adults_y1 * national_part,
                    'scale': 10000000000
                }},
                {{'part': CAST(primary_only AS HUGEINT), 'whole': CAST(persons_30_59 AS HUGEINT), 'scale': 10000000000}},
                {{'part': income_oere, 'whole': CAST(income_persons AS HUGEINT), 'scale': 1}},
                {{'part': region_oere, 'whole': region_persons, 'scale': 1}},
                {{
                    'part': income_oere * region_persons,
                    'whole': region_oere * income_persons,
                    'scale': 10000000000
                }}
            ],
            lambda share: CASE WHEN share.whole <> 0 THEN
                CAST(
                    CASE WHEN (share.part < 0) <> (share.whole < 0) THEN -1 ELSE 1 END
                    * ((2 * abs(share.part) * share.scale + abs(share.whole)) // (2 * abs(share.whole)))
                    AS DECIMAL(28, 0)
                )
            END
        ) AS figures
    FROM samlet
)

SELECT
    {list_year} AS list_year,
    area_id,
    area_name,
    lpad(CAST(kom AS VARCHAR), 3, '0') AS kom,
    reg,
    residents,
    nonwestern,
    figures[1] * CAST('0.0000000001' AS DECIMAL(10, 10)) AS nonwestern_share,
    persons_18_64_y2,
    figures[2] * CAST('0.0000000001' AS DECIMAL(10, 10)) AS outside_share_y2,
    persons_18_64_y1,
    figures[3] * CAST('0.0000000001' AS DECIMAL(10, 10)) AS outside_share_y1,
    figures[4] * CAST('0.0000000001' AS DECIMAL(10, 10)) AS outside_share,
    adults_y2,
    convicted_y2,
    adults_y1,
    convicted_y1,
    figures[5] * CAST('0.0000000001' AS DECIMAL(10, 10)) AS convicted_share,
    figures[6] * CAST('0.0000000001' AS DECIMAL(10, 10)) AS national_convicted_share,
    figures[7] * CAST('0.0000000001' AS DECIMAL(10, 10)) AS convicted_ratio,
    persons_30_59,
    primary_only,
    figures[8] * CAST('0.0000000001' AS DECIMAL(10, 10)) AS primary_only_share,
    income_persons,
    figures[9] * CAST('0.01' AS DECIMAL(2, 2)) AS income_mean,
    figures[10] * CAST('0.01' AS DECIMAL(2, 2)) AS region_income_mean,
    figures[11] * CAST('0.0000000001' AS DECIMAL(10, 10)) AS income_ratio
FROM afrundet
ORDER BY area_id
