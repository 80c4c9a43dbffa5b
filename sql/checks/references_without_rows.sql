-- References that were delivered with no row at all, and which. `may_be_empty` names the registers of which that tells
-- something: nothing was listed, decided or moved.
-- Grain: one row, for the list year. Key: none. A count above 0 warns, with the references, and stops nothing.
-- Source: the contract: whatever stops no run warns, and an empty `liste` says that nothing was listed.
WITH raekker AS (
    SELECT content_sha256, sum(rows) AS delivered_rows
    FROM received.files
    GROUP BY content_sha256
)

SELECT
    count(*) AS references_without_rows,
    list(promoted.register || '/' || promoted.reference ORDER BY promoted.register, promoted.reference) AS named
FROM registers.promoted AS promoted
INNER JOIN raekker ON raekker.content_sha256 = promoted.content_sha256
WHERE
    promoted.list_year = listeaar()
    AND raekker.delivered_rows = 0
    AND NOT list_contains(getvariable('may_be_empty'), promoted.register)
