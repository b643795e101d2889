{# The lower (sign -1) or upper (sign +1) end of Wilson's 95 % interval of a share p (0 to 1) of n. #}
{% macro wilson(p, n, sign) -%}
    (({{ p }} + 1.96 * 1.96 / (2 * {{ n }}) + {{ sign }} * 1.96
    * sqrt({{ p }} * (1 - {{ p }}) / {{ n }} + 1.96 * 1.96 / (4 * {{ n }} * {{ n }})))
    / (1 + 1.96 * 1.96 / {{ n }}))
{%- endmacro %}
