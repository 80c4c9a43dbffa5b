-- References whose row count is more than the tolerance off that of the reference a year before, where one is stored.
-- Which, and by how many pct. A reference that the list year does not read itself counts as the latest list year
-- read it.
-- Grain: one row, for the list year. Key: none. A count above 0 warns, with the references, and stops nothing.
-- Source: the contract, which names the tolerance; it stands in assets/contracts.py.
WITH raekker AS (
    SELECT content_sha256, CAST(sum(rows) AS BIGINT) AS delivered_rows
    FROM received.files
    GROUP BY content_sha256
),

laest AS (
    SELECT promoted.list_year, promoted.register, promoted.reference, promoted.reference_year, raekker.delivered_rows
    FROM registers.promoted AS promoted
    INNER JOIN raekker ON raekker.content_sha256 = promoted.content_sha256
    WHERE promoted.list_year <= listeaar()
),

senest_laest AS (
    SELECT register, reference_year, arg_max(delivered_rows, list_year) AS delivered_rows
    FROM laest
    GROUP BY register, reference_year
)

SELECT
    count(*) AS row_counts_steady,
    list(
        present.register || '/' || present.reference || CASE WHEN previous.delivered_rows = 0
            THEN ' from none'
            ELSE printf(' %+d pct.', CAST(
                rounded(present.delivered_rows - previous.delivered_rows, previous.delivered_rows, 100) AS BIGINT
            ))
        END
        ORDER BY present.register, present.reference
    ) AS named
FROM laest AS present
INNER JOIN senest_laest AS previous
    ON previous.register = present.register AND previous.reference_year = present.reference_year - 1
WHERE
    present.list_year = listeaar()
    AND abs(present.delivered_rows - previous.delivered_rows) * 100
    > getvariable('row_change_pct') * previous.delivered_rows
