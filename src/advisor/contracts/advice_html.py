"""An advice as a notebook card: its sentences, its weights, its picks."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from advisor.contracts.advice import Advice


def advice_card(advice: Advice) -> str:
    """What a notebook shows of an advice; every word of it is escaped."""
    facts = [f"{advice.client_id} on {advice.as_of}: {advice.status}", f"C{advice.level}"]
    if advice.expected_return is not None and advice.expected_volatility is not None:
        facts.append(f"expected return {advice.expected_return:.2%} at {advice.expected_volatility:.2%} volatility")
    reasons = "".join(f"<li>{escape(r.text)}</li>" for r in advice.reasons)
    parts = [f"<p><b>{escape(', '.join(facts))}</b></p>", f"<ul>{reasons}</ul>" if reasons else "", _weights(advice)]
    if advice.picks:
        rows = [
            (
                str(p.rank),
                p.product_id,
                p.asset,
                f"{p.money:,.0f}",
                "" if p.probability is None else f"{p.probability:.1%}",
                " ".join(r.text for r in p.reasons),
            )
            for p in advice.picks
        ]
        parts.append(_table(("rank", "product", "asset", "money", "probability", "why"), rows))
    if advice.orders:
        parts.append(_table(("order", "money"), [(o.product_id, f"{o.money:+,.0f}") for o in advice.orders]))
    proof = "" if advice.kkt_residual is None else f"KKT residual {advice.kkt_residual:.1e}; "
    parts.append(f"<p><small>{escape(proof)}fingerprint {escape(advice.fingerprint[:16])}</small></p>")
    return f"<div>{''.join(parts)}</div>"


def _weights(advice: Advice) -> str:
    """Weights with a bar each, largest first."""
    if not advice.weights:
        return ""
    top = max(*map(abs, advice.weights.values()), 1e-12)
    rows = "".join(
        f"<tr><td>{escape(asset)}</td><td>{weight:.1%}</td>"
        f'<td><div style="background:#0072B2;height:10px;width:{160 * abs(weight) / top:.0f}px"></div></td></tr>'
        for asset, weight in sorted(advice.weights.items(), key=lambda item: -item[1])
    )
    return f"<table><tr><th>asset</th><th>weight</th><th></th></tr>{rows}</table>"


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{''.join(f'<th>{escape(t)}</th>' for t in titles)}</tr>{body}</table>"
