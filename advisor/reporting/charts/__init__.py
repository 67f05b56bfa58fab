"""Altair charts as inline SVG."""
