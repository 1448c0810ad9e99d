from advisor.contracts.advice import Advice as Advice
from advisor.contracts.advice import Binding as Binding
from advisor.contracts.advice import Order as Order
from advisor.contracts.advice import Pick as Pick
from advisor.contracts.advice import Reason as Reason
from advisor.contracts.advice import Status as Status
from advisor.contracts.advice import Verification as Verification
from advisor.contracts.answer_sheet import AnswerSheet as AnswerSheet
from advisor.contracts.bands import RiskBands as RiskBands
from advisor.contracts.client import Client as Client
from advisor.contracts.client import Goal as Goal
from advisor.contracts.cut_offs import CutOffs as CutOffs
from advisor.contracts.mandate import GroupLimit as GroupLimit
from advisor.contracts.mandate import LinearLimit as LinearLimit
from advisor.contracts.mandate import Mandate as Mandate
from advisor.contracts.product import Product as Product
from advisor.contracts.questionnaire import Option as Option
from advisor.contracts.questionnaire import Question as Question
from advisor.contracts.questionnaire import Questionnaire as Questionnaire
from advisor.contracts.report import AdviceReport as AdviceReport
from advisor.contracts.report import ProfileReport as ProfileReport
from advisor.contracts.rules import Rule as Rule
from advisor.contracts.rules import RulePack as RulePack
from advisor.contracts.target_market import TargetMarket as TargetMarket

__all__ = [
    "Advice",
    "AdviceReport",
    "AnswerSheet",
    "Binding",
    "Client",
    "CutOffs",
    "Goal",
    "GroupLimit",
    "LinearLimit",
    "Mandate",
    "Option",
    "Order",
    "Pick",
    "Product",
    "ProfileReport",
    "Question",
    "Questionnaire",
    "Reason",
    "RiskBands",
    "Rule",
    "RulePack",
    "Status",
    "TargetMarket",
    "Verification",
]
