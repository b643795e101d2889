{#
    Text as it is compared: normal form C, lower case, and letters that look like Mongolian ones mapped to them.
    People type Ɵ (Latin) or Є (Ukrainian) for Ө, and Ї for Ү, when their keyboard has no Mongolian letters.
    Marks that nobody sees (zero width, direction, soft hyphen) are left out: they come with copied text. So is NUL, at
    which DuckDB would end the text.
#}
{% macro normalised(text) -%}
    translate(
        lower(nfc_normalize(regexp_replace({{ text }}, '[\x00\x{AD}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2069}\x{FEFF}]', '', 'g'))),
        'ɵєї＃', 'өөү#'
    )
{%- endmacro %}
