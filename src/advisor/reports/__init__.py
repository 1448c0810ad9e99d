"""Charts, cards, pages and figures: the only package that draws. Values hold plain data."""
