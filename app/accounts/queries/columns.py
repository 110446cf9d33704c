"""One column of a query, in a type that says so: Tortoise declares tuples, even for a single one."""

from typing import Any

from tortoise.queryset import QuerySet


async def column(query: QuerySet[Any], name: str) -> list[Any]:
    """The values of one column, in the order of the query."""
    return list(await query.values_list(name, flat=True))
