{#
    How many people a list of audiences holds together, by the power mean: with q = 1 nobody is in two of them, the
    nearer q comes to 0 the more the largest holds all others. It lies between the largest and the sum, whatever q is.
#}
{% macro power_mean(reaches, q) -%}
    coalesce(
        list_max({{ reaches }}) * pow(
            list_sum(list_transform({{ reaches }}, lambda one: pow(one / nullif(list_max({{ reaches }}), 0), 1.0 / {{ q }}))),
            {{ q }}
        ),
        0.0
    )
{%- endmacro %}
