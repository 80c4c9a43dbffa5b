-- Files of which another file of the same reference has the very bytes, and which: a copy beside the file that it was
-- made of.
-- Grain: one row, for the list year. Key: none. A count above 0 warns, with the files' names, and stops nothing.
-- Source: the contract: whatever stops no run warns. No act decides: each copy is read and counts by itself.
WITH laeste_filer AS (
    SELECT
        promoted.register || '/' || promoted.reference AS place,
        files.file_name,
        files.sha256
    FROM registers.promoted AS promoted
    INNER JOIN received.files AS files ON files.content_sha256 = promoted.content_sha256
    WHERE promoted.list_year = listeaar() AND files.rows > 0
),

flere_gange AS (
    SELECT place, sha256
    FROM laeste_filer
    GROUP BY place, sha256
    HAVING count(*) > 1
)

SELECT
    count(*) AS files_delivered_once,
    list(place || '/' || file_name ORDER BY place, file_name) AS named
FROM laeste_filer
SEMI JOIN flere_gange ON flere_gange.place = laeste_filer.place AND flere_gange.sha256 = laeste_filer.sha256
