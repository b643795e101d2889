{#
    Text as it is compared: normal form C, lower case, and letters that look like Mongolian ones mapped to them.
    People type Ɵ (Latin) or Є (Ukrainian) for Ө, and Ї for Ү, when their keyboard has no Mongolian letters.
#}
{% macro normalised(text) -%}
    translate(lower(nfc_normalize({{ text }})), 'ɵєї＃', 'өөү#')
{%- endmacro %}
