{# Rows whose columns together stand in no row of another model; a row with a null among them says nothing. #}
{% test relationships_together(model, columns, to) %}
select
    {{ columns | join(', ') }}
from {{ model }}
where {% for column in columns %}{{ column }} is not null{{ ' and ' if not loop.last }}{% endfor %}

except

select
    {{ columns | join(', ') }}
from {{ to }}
{% endtest %}
