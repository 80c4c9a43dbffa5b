-- References whose row count is more than the tolerance off that of the reference a year before, where it is stored.
-- Which, and by how many pct.
WITH rows_per_reference AS (
    SELECT snapshots.register, CAST(left(snapshots.reference, 4) AS INTEGER) AS reference_year,
        max(delivered.rows) AS delivered_rows
    FROM received.snapshots AS snapshots
    INNER JOIN (
        SELECT content_sha256, CAST(sum(rows) AS BIGINT) AS rows FROM received.files GROUP BY content_sha256
    ) AS delivered ON delivered.content_sha256 = snapshots.content_sha256
    WHERE snapshots.content_sha256 IN (SELECT content_sha256 FROM registers.promoted WHERE list_year <= listeaar())
    GROUP BY snapshots.register, reference_year
)

SELECT
    count(*) AS row_counts_steady,
    list(
        promoted.register || '/' || promoted.reference || CASE WHEN previous.delivered_rows = 0
            THEN ' from none'
            ELSE printf(' %+d pct.', CAST(
                rounded(present.delivered_rows - previous.delivered_rows, previous.delivered_rows, 100) AS BIGINT
            ))
        END
        ORDER BY promoted.register, promoted.reference
    ) AS named
FROM registers.promoted AS promoted
INNER JOIN rows_per_reference AS present
    ON present.register = promoted.register AND present.reference_year = promoted.reference_year
INNER JOIN rows_per_reference AS previous
    ON previous.register = promoted.register AND previous.reference_year = promoted.reference_year - 1
WHERE
    promoted.list_year = listeaar()
    AND abs(present.delivered_rows - previous.delivered_rows) * 100
    > getvariable('row_change_pct') * previous.delivered_rows
