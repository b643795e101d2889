{# The hashtags of normalised text, as a list: a tag ends at white space or punctuation, but not at an underscore. #}
{% macro hashtags(words) -%}
    list_transform(
        regexp_extract_all(coalesce({{ words }}, ''), '#[\p{L}\p{M}\p{N}_]+'), lambda tag: tag
    )
{%- endmacro %}
