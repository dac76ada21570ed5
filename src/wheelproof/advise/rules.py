"""Every piece of advice there is, in the order in which it is given."""

from wheelproof.advise.advice import Advice
from wheelproof.advise.build_rules import BUILD
from wheelproof.advise.source_rules import SOURCE
from wheelproof.advise.wheel_rules import WHEEL
from wheelproof.advise.workflow_rules import WORKFLOW

ADVICE: tuple[Advice, ...] = (*WORKFLOW, *BUILD, *SOURCE, *WHEEL)
