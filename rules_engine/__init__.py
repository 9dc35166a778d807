"""Opportunity to Order: customers' rules decide when an opportunity becomes a quote and a quote an order."""
