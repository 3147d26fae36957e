"""The thirteen rules of the benchmark as one query, written by hand for DuckDB: each table is read once."""

from typing import Any

import pyarrow as pa

from openprotect.programmes.codelists import plain_term

# By which number the records of each list are known: place, list, from when on they count.
_PLACES = [
    (0, "transplant", "0001-01-01"), (0, "transplant_operations", "0001-01-01"), (1, "not_high_risk", "0001-01-01"),
    (2, "blood_cancer", "2015-03-31"), (2, "blood_cancer_stays", "2015-03-31"), (3, "chemotherapy", "2019-09-30"),
    (4, "respiratory", "0001-01-01"), (5, "rare_disease", "0001-01-01"), (6, "high_risk", "0001-01-01"),
    (6, "not_high_risk", "0001-01-01"), (7, "immunosuppressants", "2019-09-30"), (8, "oral_steroids", "2019-03-31"),
    (9, "pregnancy", "2019-06-30"), (10, "heart_disease", "0001-01-01"), (11, "diabetes", "0001-01-01"),
    (12, "kidney_disease", "0001-01-01"), (13, "dementia", "0001-01-01"),
]  # fmt: skip


def prepare(con: Any, pack: Any) -> None:
    """The codes by place and table, and what each rule says."""
    rows = [
        {"place": place, "list": name, "code": code, "system": pack.lists[name].system, "start": start}
        for place, name, start in _PLACES
        for code, _ in pack.lists[name].codes
    ]
    con.register("rows", pa.Table.from_pylist(rows))
    con.execute("CREATE TABLE codes AS SELECT place, list, code, system, start::DATE AS start FROM rows")
    rules = [
        {"position": at, "rule": rule.id, "group": rule.group, "template": rule.reason}
        for at, rule in enumerate(pack.cohort.rules)
    ]
    con.register("all_rules", pa.Table.from_pylist(rules))
    con.execute("CREATE TABLE rules AS FROM all_rules")
    terms = [
        {"list": name, "listed": code, "term": plain_term(term)}
        for name, codes in pack.lists.items()
        for code, term in codes.codes
    ]
    con.register("all_terms", pa.Table.from_pylist(terms))
    con.execute("CREATE TABLE terms AS FROM all_terms")


QUERY = """
WITH records AS (
    SELECT person_id, place, date, coalesce(value, '-inf'::DOUBLE) AS value, e.code, e.code AS listed, c.list
    FROM events e JOIN (FROM codes WHERE system = 'snomed') c USING (code)
    WHERE e.system = 'snomed' AND date BETWEEN start AND DATE '2020-03-31'
    UNION ALL
    SELECT person_id, place, date, '-inf'::DOUBLE, m.code, m.code, c.list
    FROM medicines m JOIN (FROM codes WHERE system = 'dmd') c USING (code)
    WHERE m.system IN ('dmd', 'snomed') AND date BETWEEN start AND DATE '2020-03-31'
    UNION ALL
    SELECT person_id, place, date, '-inf'::DOUBLE, code, listed, list FROM (
        SELECT person_id, a.admitted_on AS date, a.code, unnest([left(a.code, 3), NULL]) AS listed, a.system
        FROM admissions a WHERE a.admitted_on <= DATE '2020-03-31') a
    JOIN (SELECT place, list, code AS key, system AS of, start FROM codes WHERE system IN ('icd10', 'opcs4')
          UNION ALL SELECT 14, NULL, NULL, NULL, DATE '2019-03-31') c
    ON (a.listed IS NOT DISTINCT FROM c.key) AND (c.of IS NULL OR a.system = c.of) AND a.date >= c.start
    UNION ALL
    SELECT person_id, 15, started_on, '-inf'::DOUBLE, service, service, NULL FROM services
    WHERE service = 'home_care' AND started_on <= DATE '2020-03-31' AND (ended_on IS NULL OR ended_on >= DATE '2020-03-31')
), each AS MATERIALIZED (
    SELECT person_id, place, max(record) AS latest,
           min(record) FILTER (place = 4) AS first,
           CASE WHEN place = 7 THEN len(list_distinct(list(date) FILTER (place = 7))) ELSE count(*) END AS number
    FROM (SELECT person_id, place, date,
                 {date: date, value: value, code: code, listed: listed, list: list} AS record FROM records)
    GROUP BY person_id, place
), asked AS MATERIALIZED (
    SELECT person_id, sex, date_of_birth FROM people
    WHERE NOT (coalesce(date_of_death <= DATE '2020-03-31', false) OR coalesce(date_of_birth > DATE '2020-03-31', false)
               OR coalesce(registration_ended <= DATE '2020-03-31', false))
), found AS (
    SELECT person_id, 0 AS position, latest AS record, number FROM each e WHERE place = 0 AND NOT EXISTS (
        FROM each u WHERE u.person_id = e.person_id AND u.place = 1 AND u.latest.date > e.latest.date)
    UNION ALL SELECT person_id, 1, latest, number FROM each WHERE place = 2
    UNION ALL SELECT person_id, 2, latest, number FROM each WHERE place = 3
    UNION ALL SELECT person_id, 3, first, number FROM each WHERE place = 4
    UNION ALL SELECT person_id, 4, latest, number FROM each e WHERE place = 5 AND NOT EXISTS (
        FROM each u WHERE u.person_id = e.person_id AND u.place = 6 AND u.latest.list = 'not_high_risk')
    UNION ALL SELECT person_id, 5, latest, number FROM each WHERE place = 7 AND number >= 2
    UNION ALL SELECT person_id, 6, latest, number FROM each WHERE place = 8 AND number >= 4
    UNION ALL SELECT p.person_id, 7, greatest(p.latest, h.latest), CASE WHEN p.latest >= h.latest THEN p.number ELSE h.number END
        FROM each p JOIN each h USING (person_id) JOIN asked a USING (person_id)
        WHERE p.place = 9 AND h.place = 10 AND a.sex = 'female'
    UNION ALL SELECT person_id, 8, latest, number FROM each WHERE place = 6 AND latest.list = 'high_risk'
    UNION ALL SELECT person_id, 9, most.r, most.n FROM (
        SELECT person_id, max({r: latest, n: number}) AS most FROM each
        WHERE place IN (4, 10, 11, 12, 13) GROUP BY person_id HAVING count(*) >= 2)
    UNION ALL SELECT e.person_id, 10, latest, number FROM each e JOIN asked USING (person_id)
        WHERE place = 14 AND date_of_birth <= DATE '1940-03-31'
    UNION ALL SELECT e.person_id, 11, latest, number FROM each e JOIN asked USING (person_id)
        WHERE place = 15 AND date_of_birth <= DATE '1955-03-31'
    UNION ALL SELECT person_id, 12, latest, number FROM each e WHERE place = 13 AND NOT EXISTS (
        FROM each u WHERE u.person_id = e.person_id AND u.place = 15)
)
SELECT person_id, rule, "group", record.date AS evidence_date, record.code AS code,
       coalesce(term, record.code) AS term, number AS count,
       replace(replace(replace(replace(template, '{term}', coalesce(term, record.code)),
               '{date}', strftime(record.date, '%-d %B %Y')), '{count}', number::VARCHAR),
               '{window_start}', CASE position WHEN 6 THEN '31 March 2019' ELSE '30 September 2019' END) AS reason
FROM found SEMI JOIN asked USING (person_id) JOIN rules USING (position)
LEFT JOIN terms ON terms.list = record.list AND terms.listed = record.listed
ORDER BY person_id, position
"""
