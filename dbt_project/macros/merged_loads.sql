{# Of an incremental model only what was loaded since it was last built: the cost does not grow with history. #}
{% macro loaded_since_last_build() -%}
    {% if is_incremental() -%}
        and load_id > (select coalesce(max(seen.load_id), 0) from {{ this }} as seen)
    {%- endif %}
{%- endmacro %}


{# The rows of `fresh`, and what an incremental model holds already of the same keys. #}
{% macro fresh_and_known(keys) -%}
    select * from fresh
    {% if is_incremental() -%}
        union all by name
        select this.* from {{ this }} as this
        where (this.{{ keys | join(', this.') }}) in (select (fresh.{{ keys | join(', fresh.') }}) from fresh)
    {%- endif %}
{%- endmacro %}
