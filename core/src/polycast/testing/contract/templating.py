"""The promise about templates that the provider keeps: each recipient gets their own values.

PYTEST_DONT_REWRITE: each assertion is a sentence of its own.
"""

from typing import Any

from polycast.testing.contract.base import Contract, MakeEnvironment
from polycast.testing.contract.required import filled
from polycast.testing.contract.wire_diff import carries, fields

__all__ = ["TemplatingContract"]


class TemplatingContract(Contract):
    """Templates with values."""

    def test_a_template_travels_with_its_values(self, environment: MakeEnvironment) -> None:
        """Its id and each value are told, and in a broadcast those of each recipient."""
        self.claims("templates")
        template = filled(self.template)
        assert template.values, "The sample in `template` has no values: give it one or more."
        needed: dict[str, Any] = {"text": None, **filled(self.alongside).get("template", {})}
        for how in self.ways:
            here = environment()
            people = self.recipients(2)
            if how == "send":
                ends = ["-{7}"]
                given = template.with_values(lambda value: f"{value}-{{7}}")
                here.client.send(self.message(**needed, template=given))
            else:
                ends = [f"-{each.variables['name']}" for each in people]
                given = template.with_values(lambda value: f"{value}-{{name}}")
                here.client.send_bulk(self.broadcast(recipients=people, **needed, template=given))
            wanted = [value + end for end in ends for value in template.values.values()]
            told = fields(here.server.requests)
            missing = [each for each in (template.id, *wanted) if not carries(told, each)]
            assert not missing, (
                f"Features claims templates, and {missing} is nowhere in what {how} sent. Look at "
                "where the mapping writes the template's id and values."
            )
