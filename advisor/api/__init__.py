"""What users hold in their hands: the results with their conveniences, and the questions to the rules.

Each class here is the data class of ``advisor.results`` of the same name, fields and JSON, and adds methods that look
upward: to torch objects, code, reports and rules. Inside, only the data classes are used.

What a method calls is imported when it is called: an answer from facts alone needs neither torch nor reports, and comes
in milliseconds.
"""
