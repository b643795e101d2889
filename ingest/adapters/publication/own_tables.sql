create table marts.publication (
    version text not null,
    built_at timestamp not null,
    content_hash text not null,
    source_watermark timestamp,
    registry_hash text,
    code_revision text not null,
    gate_result text not null
);

comment on table marts.publication is 'One row: this publication.';
comment on column marts.publication.version is 'Name of the version: when it was built, and the first 8 digits of its content hash.';
comment on column marts.publication.built_at is 'When it was built, UTC.';
comment on column marts.publication.content_hash is 'SHA-256 over the Parquet files of all tables but those about the publication itself: equal content, equal hash.';
comment on column marts.publication.source_watermark is 'When the newest number in it was fetched, UTC; null when there is none.';
comment on column marts.publication.registry_hash is 'SHA-256 of the campaign files that it was built with.';
comment on column marts.publication.code_revision is 'Version and commit of the code that built it.';
comment on column marts.publication.gate_result is 'What the gates said: passed, stopped, or pending while they look.';

create table marts.rpt_gate_results (
    gate text not null,
    rule text not null,
    severity text not null,
    is_passed boolean not null,
    is_evaluated boolean not null,
    frame text not null,
    observed text not null,
    expected text not null,
    description text not null,
    what_to_do text not null
);

comment on table marts.rpt_gate_results is 'One row per gate and rule: what the gates found before this version was published.';
comment on column marts.rpt_gate_results.gate is 'The gate: landed_batch or candidate_publication.';
comment on column marts.rpt_gate_results.rule is 'Name of the rule.';
comment on column marts.rpt_gate_results.severity is 'critical stops a publication, warning shows.';
comment on column marts.rpt_gate_results.is_passed is 'Whether the rule holds.';
comment on column marts.rpt_gate_results.is_evaluated is 'Whether the rule could look at something; what could not stops a publication.';
comment on column marts.rpt_gate_results.frame is 'The audit query that the rule looked at.';
comment on column marts.rpt_gate_results.observed is 'What was found.';
comment on column marts.rpt_gate_results.expected is 'What must hold.';
comment on column marts.rpt_gate_results.description is 'The rule in a sentence.';
comment on column marts.rpt_gate_results.what_to_do is 'What to do when the rule fails.';
