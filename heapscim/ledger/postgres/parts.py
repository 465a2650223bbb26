# ruff: noqa: E501 - as PostgreSQL writes it
"""Lists the parts of a ledger's schema as PostgreSQL describes them, for each version what came with it."""

from __future__ import annotations

from collections.abc import Mapping

PARTS: tuple[Mapping[str, str], ...] = (
    {
        "constraint events_pkey": "PRIMARY KEY (number)",
        "constraint links_before_pkey": "PRIMARY KEY (type, id)",
        "constraint links_pkey": "PRIMARY KEY (type, id)",
        "constraint links_type_external_id_key": "UNIQUE (type, external_id)",
        "constraint meta_pkey": "PRIMARY KEY (key)",
        "constraint operations_pkey": "PRIMARY KEY (run, seq)",
        "constraint runs_pkey": "PRIMARY KEY (run)",
        "constraint seen_pkey": "PRIMARY KEY (type, id)",
        "relation events": (
            "rp: number bigint not null, at double precision not null, run text, seq integer, kind text"
            " not null, content text not null, hash text not null"
        ),
        "relation events_of_runs": "CREATE INDEX events_of_runs ON events USING btree (run, number)",
        "relation events_pkey": "CREATE UNIQUE INDEX events_pkey ON events USING btree (number)",
        "relation links": (
            "rp: type text not null, external_id text not null, id text not null, name text not null, "
            "sent text not null, by_hand integer not null, set_by_hand text not null"
        ),
        "relation links_before": "rp: type text not null, id text not null, link text not null",
        "relation links_before_pkey": "CREATE UNIQUE INDEX links_before_pkey ON links_before USING btree (type, id)",
        "relation links_pkey": "CREATE UNIQUE INDEX links_pkey ON links USING btree (type, id)",
        "relation links_type_external_id_key": "CREATE UNIQUE INDEX links_type_external_id_key ON links USING btree (type, external_id)",
        "relation meta": "rp: key text not null, value text not null",
        "relation meta_pkey": "CREATE UNIQUE INDEX meta_pkey ON meta USING btree (key)",
        "relation operations": (
            "rp: run text not null, seq integer not null, kind text not null, subject text not null, "
            "reason text not null, change text not null, state text not null, sent_at double precision,"
            " settled_at double precision, id text, error_code text, message text, attempts integer not"
            " null default 0, seconds double precision not null default 0"
        ),
        "relation operations_by_id": "CREATE INDEX operations_by_id ON operations USING hash (id)",
        "relation operations_by_subject": "CREATE INDEX operations_by_subject ON operations USING hash (subject)",
        "relation operations_pkey": "CREATE UNIQUE INDEX operations_pkey ON operations USING btree (run, seq)",
        "relation runs": (
            "rp: rowid bigint not nulla, run text not null, command text not null, who text not null, "
            "host text not null, pid bigint not null, started double precision not null, ended double "
            "precision, source text not null, fingerprint text not null, allowances text not null, "
            "continues text, outcome text"
        ),
        "relation runs_pkey": "CREATE UNIQUE INDEX runs_pkey ON runs USING btree (run)",
        "relation seen": "rp: type text not null, id text not null, since double precision not null",
        "relation seen_pkey": "CREATE UNIQUE INDEX seen_pkey ON seen USING btree (type, id)",
        "relation unsettled": "CREATE INDEX unsettled ON operations USING btree (run, seq) WHERE (state = 'sent'::text)",
        "relation version": "rp: version integer not null",
    },
    {
        "relation holder": (
            "rp: turn bigint not null, backend integer, command text, pid bigint, host text, since double precision"
        ),
    },
)
