"""Robo-advice as a library: a Market, a Client, an Advice; `advise`.

Questionnaire answers become risk profiles under real suitability regimes, profiles become exact
mean-variance allocations that know the client's own biases, and allocations become suitable
products ranked by relevance. One client or a million: the same engine, the same bits.

    from advisor import Advisor, sample
    advisor = Advisor.fit(sample.market(), sample.interactions(), catalogue=sample.catalogue())
    print(advisor.advise(sample.client()))

Names are loaded on first use, so that importing the package costs next to nothing; `exports.py` has
the table of them.
"""

from advisor.exports import lazy

__all__, __getattr__, __dir__ = lazy(__name__)
