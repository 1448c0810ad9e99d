"""Pure measures of portfolios and rankings."""
