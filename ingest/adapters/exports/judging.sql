-- What every table that is brought in needs: what a cell says, and what number it is. The lists are given by the caller.

-- A long text is looked at as little as may be: it is trimmed only if there is something to trim (six times faster).
create or replace temp macro trimmed(cell) as
    nullif(if(starts_with(cell, ' ') or ends_with(cell, ' '), trim(cell), cell), '');

-- A cell that is longer than any word for "not given" is not compared with them.
create or replace temp macro given(cell) as
    case
        when strlen(cell) > getvariable('longest_missing') then trimmed(cell)
        when list_contains(getvariable('missing'), lower(trim(cell))) then null
        else nullif(trim(cell), '')
    end;

-- A count: digits, or digits in groups of three, or with nothing but zeros behind the point. Anything else is no count.
create or replace temp macro grouped(text) as
    case
        when regexp_full_match(text, '[0-9]{1,3}([.,''’ \x{a0}\x{202f}][0-9]{3})+')
            then try_cast(regexp_replace(text, '[^0-9]', '', 'g') as bigint)
        when regexp_full_match(text, '[0-9]{1,18}[.,]0+') then try_cast(regexp_extract(text, '^[0-9]+') as bigint)
    end;

-- A list of one stands for a name: a macro's argument is written out wherever it is used, and planning that takes longer
-- than a small file.
create or replace temp macro count_of(cell) as
    if(
        regexp_full_match(cell, '[0-9]{1,18}'),
        try_cast(cell as bigint),
        list_transform(
            [given(cell)],
            lambda text: if(regexp_full_match(text, '[0-9]{1,18}'), try_cast(text as bigint), grouped(text))
        )[1]
    );

-- A measure that may have decimals, in the file's way of writing them, made into whole units of ours.
create or replace temp macro measure_of(cell, decimal_sign, times) as
    round(try_cast(replace(regexp_replace(
        given(cell), if(decimal_sign = ',', '[. \x{a0}\x{202f}]', '[, \x{a0}\x{202f}]'), '', 'g'), ',', '.') as double)
        * times)::bigint;

create or replace temp macro amount_of(cell, decimal_sign) as
    try_cast(replace(regexp_replace(
        given(cell), if(decimal_sign = ',', '[^0-9,-]', '[^0-9.-]'), '', 'g'), ',', '.') as decimal(18, 2));

-- 1.2.2025, 1-2-2025 and 1/2/2025 are written alike.
create or replace temp macro written_alike(text) as
    regexp_replace(text, '^([0-9]{1,2})[.-]([0-9]{1,2})[.-]([0-9]{4}),?', '\1/\2/\3');

-- `2021-09-14 03:05 +0000` as DuckDB reads it: with seconds, and no blank before the zone.
create or replace temp macro with_seconds(text) as
    regexp_replace(
        regexp_replace(text, ' +([+-][0-9]{2}):?([0-9]{2})$', '\1:\2'),
        '^([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2})(Z|[+-])', '\1:00\2'
    );

-- The month of a word such as `sept.`, `августа`, `März`: by its first letters, without accents.
create or replace temp macro month_of(word) as map {
    'jan': 1, 'ene': 1, 'янв': 1, 'feb': 2, 'fev': 2, 'фев': 2, 'mar': 3, 'мар': 3, 'apr': 4, 'avr': 4, 'abr': 4,
    'апр': 4, 'may': 5, 'mai': 5, 'мая': 5, 'маи': 5, 'jun': 6, 'juin': 6, 'июн': 6, 'jul': 7, 'juil': 7, 'июл': 7,
    'aug': 8, 'aou': 8, 'ago': 8, 'авг': 8, 'sep': 9, 'set': 9, 'сен': 9, 'oct': 10, 'okt': 10, 'out': 10, 'окт': 10,
    'nov': 11, 'ноя': 11, 'dec': 12, 'dez': 12, 'dic': 12, 'дек': 12
}[left(strip_accents(lower(word)), if(starts_with(lower(word), 'jui'), 4, 3))];

-- `28 sept. 2026`, `3 de out. de 2026`, `3. Okt. 2026`, `3 окт. 2026 г.`: YouTube writes days in the words of a language.
create or replace temp macro day_in_words(text) as
    list_transform(
        [regexp_extract(
            regexp_replace(text, '[\x{a0}\x{202f}]', ' ', 'g'),
            '^([0-9]{1,2})\.? (?:de )?(\p{L}+)\.? (?:de )?([0-9]{4})', ['day', 'month', 'year']
        )],
        lambda one: try_cast(concat_ws('-', one.year, month_of(one.month), one.day) as date)
    )[1];

create or replace temp macro moment_of(cell, formats, time_zone) as
    list_transform([given(cell)], lambda text: if(
        regexp_matches(text, '(Z|[+-][0-9]{2}:?[0-9]{2})$'),
        try_cast(with_seconds(text) as timestamptz),
        coalesce(try_strptime(written_alike(text), formats), day_in_words(text)::timestamp) at time zone time_zone
    ))[1];

create or replace temp macro day_of(cell, formats) as
    coalesce(
        try_cast(regexp_extract(given(cell), '^[0-9]{4}-[0-9]{2}-[0-9]{2}') as date),
        try_strptime(written_alike(given(cell)), formats)::date,
        day_in_words(given(cell))
    );

create or replace temp macro as_utc(moment) as strftime(make_timestamp(epoch_us(moment)), '%Y-%m-%dT%H:%M:%S+0000');

create or replace temp macro is_in_time(moment) as
    coalesce(moment between timestamptz '2004-01-01' and timestamptz '2101-01-01', false);

-- What stands in an address of the platform: the number of the post.
create or replace temp macro number_in(address) as
    nullif(regexp_extract(address, '(?:/posts/(?:[^/?]*/)?|story_fbid=|/permalink/)([0-9]{6,})', 1), '');

create or replace temp macro is_ruined(text) as regexp_full_match(text, '[0-9]([.,][0-9]+)?[eE][+]?[0-9]+');

-- The same number but for its last three digits: what a number loses when a spreadsheet keeps fifteen of them.
create or replace temp macro is_rounded(text, whole) as
    length(text) >= 16 and length(text) = length(whole) and text <> whole and left(text, -3) = left(whole, -3);
