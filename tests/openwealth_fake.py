"""A custody bank that speaks OpenWealth; every request and answer is held against the
specifications."""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from gateway_fakes import Answer, FakeServer

FOLDER = Path(__file__).parent / "data" / "openwealth"
FILES = {
    "/custody": "custodyServicesAPI.yaml",
    "/customers-api": "CustomerManagement.yaml",
    "/trading": "tradingAPI.yaml",
}
APIS = {"custody": "/custody", "customers": "/customers-api", "trading": "/trading"}


@cache
def specification(prefix: str) -> dict[str, Any]:
    text = (FOLDER / FILES[prefix]).read_text(encoding="utf-8")
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@cache
def registry() -> Registry[Any]:
    resources = [
        (
            f"urn:ow:{prefix.strip('/')}",
            Resource.from_contents(specification(prefix), default_specification=DRAFT4),
        )
        for prefix in FILES
    ]
    return Registry().with_resources(resources)


def faults(prefix: str, schema: dict[str, Any], value: Any) -> list[str]:
    """What a value breaks of a schema of a specification."""
    text = json.dumps(schema).replace('"#/components', f'"urn:ow:{prefix.strip("/")}#/components')
    checker = OAS30Validator(
        json.loads(text), registry=registry(), format_checker=oas30_format_checker
    )
    return [error.message for error in checker.iter_errors(value)]


def operation(prefix: str, method: str, path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """An operation of a specification, and its parameters by name."""
    for template, item in specification(prefix)["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method.lower() in item:
            own = item[method.lower()]
            listed = [*item.get("parameters", []), *own.get("parameters", [])]
            known = specification(prefix)["components"]["parameters"]
            whole = [known[p["$ref"].rpartition("/")[2]] if "$ref" in p else p for p in listed]
            return own, {p["name"]: p for p in whole}
    raise AssertionError(f"the specification has no {method} {path}")


class OpenWealthFake(FakeServer):
    """Customers in memory, orders taken; `broken` lists whatever the specifications forbid."""

    page = 3

    def __init__(self) -> None:
        super().__init__()
        self.broken: list[str] = []
        self.orders: list[dict[str, Any]] = []
        self.positions: dict[str, list[dict[str, Any]]] = {}
        self.accounts: dict[str, list[dict[str, Any]]] = {}
        self.details: dict[str, dict[str, Any]] = {}

    def add(
        self,
        customer: dict[str, Any],
        positions: list[dict[str, Any]],
        details: dict[str, Any] | None = None,
    ) -> None:
        key = customer["id"]
        self.records[key] = customer
        self.positions[key] = positions
        self.accounts[key] = [
            {"id": f"{key}-usd", "type": "cashAccount", "referenceCurrency": "USD"},
            {"id": f"{key}-cash", "type": "cashAccount", "referenceCurrency": "CHF"},
            {"id": f"{key}-safe", "type": "safekeepingAccount", "referenceCurrency": "CHF"},
        ]
        if details is not None:
            self.details[key] = details

    def served(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: Any
    ) -> Answer:
        prefix = next(p for p in FILES if path.startswith(f"{p}/"))
        path = path.removeprefix(prefix)
        own, parameters = operation(prefix, method, path)
        lacking = [
            n
            for n, p in parameters.items()
            if p.get("required") and p["in"] == "header" and n.lower() not in headers
        ]
        lacking += [
            n
            for n, p in parameters.items()
            if p.get("required") and p["in"] == "query" and n not in query
        ]
        odd = [n for n in query if parameters.get(n, {}).get("in") != "query"]
        self.broken += [f"{path} lacks {lacking}"] if lacking else []
        self.broken += [f"{path} has {odd}"] if odd else []
        if body is not None:
            self.broken += faults(
                prefix, own["requestBody"]["content"]["application/json"]["schema"], body
            )
        status, answer, extra = self._answer(prefix, method, path, query, body)
        if status < 300:
            schema = own["responses"][str(status)]["content"]["application/json"]["schema"]
            self.broken += faults(prefix, schema, answer)
        return status, answer, {**extra, "X-Correlation-ID": headers.get("x-correlation-id", "")}

    def _answer(
        self, prefix: str, method: str, path: str, query: dict[str, str], body: Any
    ) -> Answer:
        parts = [unquote(part) for part in path.strip("/").split("/")]
        if prefix == "/trading":
            return self._take(body) if method == "POST" else self._page(self.orders, query)
        if parts == ["customers"]:
            return self._page([self.records[key] for key in sorted(self.records)], query)
        key = parts[1]
        lists = {"positions": self.positions, "accounts": self.accounts}
        if key not in self.records or (prefix == "/customers-api" and key not in self.details):
            return 404, {"title": "Not found", "detail": key}, {}
        if len(parts) == 2:
            return 200, self.records[key], {}
        return (
            (200, self.details[key], {})
            if prefix == "/customers-api"
            else self._page(lists[parts[2]][key], query)
        )

    def _page(self, rows: list[Any], query: dict[str, str]) -> Answer:
        at, size = int(query.get("cursor", "0")), min(self.page, int(query.get("limit", "100")))
        more = str(at + size) if at + size < len(rows) else ""
        return 200, rows[at : at + size], {"nextCursor": more}

    def _take(self, order: dict[str, Any]) -> Answer:
        leg = order["allocationList"][0]["legList"][0]
        accounts = {leg["creditAccountId"], leg["debitAccountId"]}
        owner = next(key for key in self.records if accounts == {f"{key}-cash", f"{key}-safe"})
        if owner in self.refuses:
            return 400, {"title": "Refused", "detail": "not this one"}, {}
        self.orders.append(
            {
                **order,
                "id": f"O{len(self.orders)}",
                "status": "acknowledged",
                "orderDateTime": "2026-04-01T10:00:00Z",
            }
        )
        return 202, self.orders[-1], {}

    def since(self, moment: datetime | None) -> list[str]:
        return sorted(self.records)


def position(
    key: str, instrument: dict[str, Any], account: str, *values: tuple[float, str]
) -> dict[str, Any]:
    """A ValuatedPosition: its value in its own currency, and in the reference currency."""
    names = ("valueInPositionCurrency", "valueInReferenceCurrency")
    return {
        "id": key,
        "financialInstrument": instrument,
        "account": {"id": account, "type": account.partition(":")[0], "referenceCurrency": "CHF"},
        "endOfDayIndicator": True,
        "positionDate": "2026-04-01",
        "quantity": {"type": "unit", "value": 10},
        "valuation": {
            name: {"amount": amount, "currency": unit}
            for name, (amount, unit) in zip(names, values, strict=False)
        },
    }


def instrument(kind: str, *identifiers: tuple[str, str]) -> dict[str, Any]:
    listed = [{"type": scheme, "identifier": text} for scheme, text in identifiers]
    terms = ("mortgage", "credit", "fixedLoan", "callableLoan", "fixedDeposit", "callableDeposit")
    lent = {"principalAmount": {"amount": 500, "currency": "CHF"}} if kind in terms else {}
    return {
        "type": kind,
        "name": f"A {kind}",
        **({"identificationList": listed} if listed else {}),
        **lent,
    }


def natural_person(key: str, born: str, gender: str, income: tuple[int, str]) -> dict[str, Any]:
    """A personDetails with one kyc."""
    amount, currency = income
    kyc = {
        "purposeOfRelationship": "Investments",
        "soleBeneficialOwner": True,
        "fundFlows": {
            "amountExpectedInflows": 0,
            "currencyExpectedInflows": "CHF",
            "initialAmountList": [],
        },
        "sourceOfWealthList": [],
        "totalWealth": {
            "amountTotalNetAssets": 9_999_999,
            "currency": "CHF",
            "referenceYear": "2025",
        },
        "totalIncome": {
            "amountYearlyIncome": amount,
            "currency": currency,
            "referenceYear": "2025",
        },
        "employment": {"employmentStatus": "employed"},
        "politicalStatus": {"pepStatus": False, "pepAssociations": False},
        "fatca": dict.fromkeys(
            ("status", "domicile", "birthplace", "greenCard", "substantialPresenceTest"), False
        ),
    }
    return {
        "personId": key,
        "language": "EN",
        "personType": "naturalPerson",
        "countryOfDomicile": "CH",
        "givenName": "Ada",
        "lastName": "Muster",
        "nationalityList": ["CH"],
        "dateOfBirth": born,
        "gender": gender,
        "addressList": [],
        "contactList": [],
        "kycList": [kyc],
    }


def legal_person(key: str) -> dict[str, Any]:
    return {
        "personId": key,
        "language": "EN",
        "personType": "legalPerson",
        "countryOfDomicile": "CH",
        "organisationName": "Muster AG",
        "legalForm": "AG",
        "LEI": "529900UVM8LC55IFAA52",
        "domicilaryCompany": False,
        "addressList": [],
        "contactList": [],
        "kycList": [],
    }


def customer_details(key: str, *persons: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "customerId": key,
        "name": "Muster",
        "customerSegment": "UHNWI Switzerland",
        "person2customerRelationList": [
            {"relationList": [{"type": kind}], "personDetails": person} for kind, person in persons
        ],
    }
