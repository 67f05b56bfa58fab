"""The English sentences of every report, keyed by the codes that results carry; one module per kind of result.

A module holds templates and nothing else. ``{name:style}`` is a named value of the result, and the style says how it is
written (`template.fill`), so that another language is a second module with the same keys and the same names.
"""
