"""The inventory of what is kept is true: every table is in it, and every column."""

from app.data_doc import TARGET, columns, models, text
from app.data_inventory import INVENTORY


def test_every_table_is_in_the_inventory_and_nothing_else() -> None:
    assert set(models()) == set(INVENTORY)


def test_the_page_says_what_the_models_say() -> None:
    assert TARGET.read_text("utf-8") == text(), "run: python -m app.data_doc"


def test_every_table_that_belongs_to_a_person_says_what_a_deletion_does() -> None:
    for table, model in models().items():
        if {"person_id", "citizen_id", "email", "recipient"} & set(columns(model)) and table not in {"agency", "unit"}:
            assert INVENTORY[table].personal != "no", table
            assert INVENTORY[table].deletion != "nothing in it is about a person", table
