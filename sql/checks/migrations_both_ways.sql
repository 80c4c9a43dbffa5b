-- Years of which migrations were delivered in one direction alone, and which: those have no net immigration.
-- Grain: one row, for the list year. Key: none. A count above 0 warns, with the references, and stops nothing.
-- Source: the agreement of 15 June 2021: a rise of the non-western net immigration is ground for renegotiation.
WITH vandringer AS (
    SELECT register, reference
    FROM registers.promoted
    WHERE list_year = listeaar() AND register IN ('vnds_ind', 'vnds_ud')
)

SELECT
    count(*) AS migrations_both_ways,
    list(register || '/' || reference ORDER BY register, reference) AS named
FROM vandringer
ANTI JOIN vandringer AS modsat
    ON modsat.reference = vandringer.reference AND modsat.register <> vandringer.register
