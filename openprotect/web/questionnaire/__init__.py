"""A pack's questionnaire as pages: the same form for the person and for a call handler.

`posted.form` reads a submitted form, `presenter.topic` makes a page to be rendered with
`questionnaire/topic.html`, `answered.topics` makes what `questionnaire/answers.html` shows.
Validation is `journey.check_in.rules`'.
"""
