{#
    The hashtags of normalised text, as a list: a tag ends at white space or punctuation, but not at an underscore.
    Tags may follow each other without a space. No tag: what stands within an address or behind a letter (`c#net`), and
    what holds no letter, such as `#1` or the key of a telephone.
#}
{% macro hashtags(words) -%}
    list_filter(
        list_transform(
            flatten(
                list_transform(
                    regexp_extract_all(
                        ' ' || regexp_replace(coalesce({{ words }}, ''), '[a-z][a-z0-9+.-]*://\S*', ' ', 'g'),
                        '[^\p{L}\p{M}\p{N}_]((?:#[\p{L}\p{M}\p{N}_]+)+)',
                        1
                    ),
                    lambda run: string_split(run[2:], '#')
                )
            ),
            lambda tag: '#' || tag
        ),
        lambda tag: regexp_matches(tag, '\p{L}')
    )
{%- endmacro %}
