from advisor.contracts.advice import Advice as Advice
from advisor.contracts.advice import Binding as Binding
from advisor.contracts.advice import Order as Order
from advisor.contracts.advice import Pick as Pick
from advisor.contracts.advice import Reason as Reason
from advisor.contracts.advice import Status as Status
from advisor.contracts.advice import Verification as Verification
from advisor.contracts.answer_sheet import AnswerSheet as AnswerSheet
from advisor.contracts.bands import RiskBands as RiskBands
from advisor.contracts.base import Contract as Contract
from advisor.contracts.client import Client as Client
from advisor.contracts.client import Goal as Goal
from advisor.contracts.cut_offs import CutOffs as CutOffs
from advisor.contracts.event import EVENT_TYPES as EVENT_TYPES
from advisor.contracts.event import Event as Event
from advisor.contracts.event import Moment as Moment
from advisor.contracts.fields import CalendarDay as CalendarDay
from advisor.contracts.fields import Flag as Flag
from advisor.contracts.fields import Id as Id
from advisor.contracts.fields import Money as Money
from advisor.contracts.fields import Row as Row
from advisor.contracts.fields import Word as Word
from advisor.contracts.fields import WordsById as WordsById
from advisor.contracts.mandate import GroupLimit as GroupLimit
from advisor.contracts.mandate import LinearLimit as LinearLimit
from advisor.contracts.mandate import Mandate as Mandate
from advisor.contracts.product import Product as Product
from advisor.contracts.question import Option as Option
from advisor.contracts.question import Question as Question
from advisor.contracts.questionnaire import Questionnaire as Questionnaire
from advisor.contracts.report import AdviceReport as AdviceReport
from advisor.contracts.report import FrontierReport as FrontierReport
from advisor.contracts.report import ProfileReport as ProfileReport
from advisor.contracts.rules import Rule as Rule
from advisor.contracts.rules import RulePack as RulePack
from advisor.contracts.signed import Signed as Signed
from advisor.contracts.target_market import TargetMarket as TargetMarket

__all__ = [
    "Advice",
    "AdviceReport",
    "AnswerSheet",
    "Binding",
    "CalendarDay",
    "Client",
    "Contract",
    "CutOffs",
    "EVENT_TYPES",
    "Event",
    "Flag",
    "FrontierReport",
    "Goal",
    "GroupLimit",
    "Id",
    "LinearLimit",
    "Mandate",
    "Moment",
    "Money",
    "Option",
    "Order",
    "Pick",
    "Product",
    "ProfileReport",
    "Question",
    "Questionnaire",
    "Reason",
    "RiskBands",
    "Row",
    "Rule",
    "RulePack",
    "Signed",
    "Status",
    "TargetMarket",
    "Verification",
    "Word",
    "WordsById",
]
