-- The schema `raw`: landing as rows, append-only, without keys (a key would make appending slower with every row).
-- Python writes it, dbt reads it: the only place where the two meet before the published marts. Text unless said.
create schema if not exists raw;

create table if not exists raw.load_log (
    file varchar not null,
    sha256 varchar not null,
    load_id bigint not null,
    rows bigint not null,
    loaded_at timestamp not null
);

create table if not exists raw.snapshots (
    load_id bigint not null,
    landing_file varchar not null,
    line_no integer not null,
    fetched_at timestamp not null,
    source varchar not null,
    platform varchar not null,
    account_id varchar not null,
    object_kind varchar not null,
    object_id varchar not null,
    graph_name varchar not null,
    period varchar,
    end_time varchar,
    breakdown varchar,
    breakdown_value varchar,
    value varchar,
    reason varchar
);

create table if not exists raw.posts (
    load_id bigint not null,
    landing_file varchar not null,
    line_no integer not null,
    fetched_at timestamp not null,
    source varchar not null,
    platform varchar not null,
    account_id varchar not null,
    post_id varchar not null,
    published_at varchar,
    message varchar,
    permalink varchar,
    status_type varchar,
    attachment_media_type varchar,
    attachment_type varchar,
    subattachments integer,
    media_type varchar,
    media_product_type varchar,
    is_published varchar,
    content_type varchar
);

alter table raw.posts add column if not exists content_type varchar;

create table if not exists raw.accounts (
    load_id bigint not null,
    landing_file varchar not null,
    line_no integer not null,
    fetched_at timestamp not null,
    source varchar not null,
    platform varchar not null,
    account_id varchar not null,
    account_name varchar,
    followers bigint
);

create table if not exists raw.ads (
    load_id bigint not null,
    landing_file varchar not null,
    line_no integer not null,
    fetched_at timestamp not null,
    source varchar not null,
    ad_id varchar not null,
    ad_name varchar,
    campaign_id varchar,
    starts_on date not null,
    ends_on date not null,
    reach bigint,
    impressions bigint,
    spend decimal(18, 2),
    currency varchar
);

create table if not exists raw.survey_results (
    load_id bigint not null,
    landing_file varchar not null,
    line_no integer not null,
    fetched_at timestamp not null,
    source varchar not null,
    campaign_id varchar not null,
    indicator varchar not null,
    indicator_text varchar not null,
    wave varchar not null,
    wave_order integer not null,
    respondents varchar not null,
    share_pct double,
    n bigint,
    n_effective double,
    asked_on date,
    evidence_design varchar not null
);

create table if not exists raw.activities (
    load_id bigint not null,
    landing_file varchar not null,
    line_no integer not null,
    fetched_at timestamp not null,
    source varchar not null,
    campaign_id varchar not null,
    activity_id varchar not null,
    activity_name varchar not null,
    kind varchar not null,
    phase_id varchar,
    held_on date,
    place varchar,
    times bigint not null,
    people json not null
);

create table if not exists raw.registry (
    load_id bigint not null,
    landing_file varchar not null,
    line_no integer not null,
    fetched_at timestamp not null,
    registry_sha256 varchar not null,
    campaign_id varchar not null,
    body json not null
);

create table if not exists raw.metrics (
    metric varchar not null,
    definition varchar not null,
    platform varchar not null,
    object_kind varchar not null,
    graph_name varchar not null,
    products varchar not null,
    map_key varchar,
    breakdown varchar,
    unit varchar not null,
    adds boolean not null,
    shape varchar not null,
    valid_from date,
    valid_to date,
    in_marts boolean not null,
    meaning varchar not null
);

create table if not exists raw.quarantine (
    load_id bigint not null,
    source varchar not null,
    landing_file varchar not null,
    line_no integer not null,
    object_id varchar,
    reason varchar not null,
    seen_at timestamp not null,
    state varchar not null
);

-- One row per table of an imported file: what it was, and what became of its rows.
create table if not exists raw.imports (
    load_id bigint not null,
    landing_file varchar not null,
    line_no integer not null,
    imported_at timestamp not null,
    exported_at timestamp not null,
    platform varchar not null,
    file_name varchar not null,
    sha256 varchar not null,
    imported_by varchar not null,
    kind varchar not null,
    product varchar not null,
    language varchar not null,
    rows bigint not null,
    accepted bigint not null,
    quarantined bigint not null,
    not_rows bigint not null,
    notes varchar not null
);

-- Landed files whose place a newer reading has taken, of the same bytes or of a corrected file: none of their rows counts.
create table if not exists raw.superseded (landing_file varchar not null, by_file varchar not null);

-- The ledgers of the queue, the events and the client, as their files stand at the moment of a load: what the receiver
-- acknowledged, what the queue keeps, which changes and events each delivery held, how many answers each reading was given,
-- and which answers lie in quarantine. `row_id` is the row's place in its file (ingest/adapters/ledgers.py).
create table if not exists raw.receipts (sha256 varchar not null, received_at varchar not null, row_id bigint);
alter table raw.receipts add column if not exists row_id bigint;

create table if not exists raw.deliveries (
    sha256 varchar not null, state varchar not null, received_at varchar not null, repeats bigint not null, row_id bigint
);
alter table raw.deliveries add column if not exists row_id bigint;

-- How many deliveries a queue on SQS holds, those in hand and the dead included, and which of the receiver's must be counted
-- in it by now: those that came before a moment. One row; none for the embedded queue, which says of each what it is.
create table if not exists raw.queue_counts (received_before varchar not null, held bigint not null);

create table if not exists raw.drained (
    delivery_sha256 varchar not null, changes bigint not null, events bigint not null, coalesced bigint not null,
    quarantined bigint not null, row_id bigint
);
alter table raw.drained add column if not exists row_id bigint;

create table if not exists raw.events (event_id varchar not null, delivery_sha256 varchar not null, row_id bigint);
alter table raw.events drop column if exists state;
alter table raw.events add column if not exists row_id bigint;

create table if not exists raw.answers (
    place varchar not null, answers bigint not null, outcome varchar not null, began_at varchar not null, row_id bigint
);
alter table raw.answers add column if not exists row_id bigint;

create table if not exists raw.refused_answers (sha256 varchar not null, seen_at varchar not null);

-- How many objects each load found in the landed lines of the Graph API, the registry and webhooks; as it found them,
-- before any of them went to raw or to quarantine.
create table if not exists raw.loaded_objects (load_id bigint not null, objects bigint not null);
