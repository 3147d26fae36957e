"""A questionnaire as pages: every type is drawn, private answers never are."""

from django.http import QueryDict
from django.template import engines

from openprotect.programmes.definitions.questionnaire import EnableWhen, Item, Option, Page
from openprotect.web.questionnaire import answered, posted, presenter

BREATH = Item(
    "breathless",
    "Are you short of breath?",
    "choice",
    required=True,
    options=(Option("no", "No"), Option("at_rest", "Yes, even at rest", emergency=True)),
)
WORSE = Item(
    "worse",
    "Is it worse today?",
    "boolean",
    enable_when=(EnableWhen("breathless", "=", "at_rest"),),
)
SAFE = Item(
    "safe", "Do you feel safe at home?", "choice", private=True, options=(Option("y", "Yes"), Option("n", "No"))
)
KINDS = (
    BREATH,
    WORSE,
    SAFE,
    Item(
        "needs",
        "What do you need?",
        "choice",
        repeats=True,
        options=(Option("food", "Food"), Option("none", "None of these", exclusive=True)),
    ),
    Item("diet", "Do you keep to a diet?", "open-choice", options=(Option("halal", "Halal"),)),
    Item("days", "How many days of medicine are left?", "integer", help="Count today."),
    Item("temp", "What is your temperature?", "decimal"),
    Item("since", "Since when?", "date"),
    Item("at", "At what time?", "time"),
    Item("when", "When exactly?", "dateTime"),
    Item("who", "Who fetches them?", "string"),
    Item("more", "Anything else?", "text", max_length=500),
    Item("site", "Which page did you read?", "url"),
    Item("thanks", "Thank you for telling us.", "display"),
    Item("home", "Your home", "group", items=(Item("warm", "Is it warm?", "boolean"),)),
)
PAGE = Page("p1", "Your breathing", KINDS, Item("p1", "Your breathing", "group", items=KINDS))


def drawn(values: dict[str, object] | None = None, errors: dict[str, str] | None = None, page: Page = PAGE) -> str:
    made = presenter.topic(page, values or {}, errors, asked=lambda item: not item.enable_when)
    return engines["jinja2"].env.get_template("questionnaire/topic.html").render(topic=made)


def test_every_type_has_an_input() -> None:
    html = drawn()
    for item in posted.questions(PAGE):
        name = f"{item.link_id}-day" if item.type == "date" else item.link_id
        assert f'name="{name}"' in html, item.type
    assert "Thank you for telling us." in html
    assert "Count today." in html


def test_saved_answers_are_drawn() -> None:
    html = drawn({"breathless": "no", "since": "2020-03-09", "diet": "Kosher", "more": "<b>"})
    assert 'value="no" checked' in html
    assert 'value="2020"' in html
    assert 'value="Kosher"' in html
    assert "&lt;b&gt;" in html


def test_private_answers_are_never_drawn() -> None:
    assert "checked" not in drawn({"safe": "n"})
    assert drawn({"safe": "n"}) == drawn({"safe": "y"}) == drawn()
    page = Page("p", "Home", (SAFE, BREATH), Item("p", "Home", "group", items=(SAFE, BREATH)))
    (topic,) = answered.topics([page], {"safe": "n", "breathless": "no"}, asked=lambda page: page.items)
    assert [row.question for row in topic.rows] == ["Are you short of breath?"]


def test_999_stands_beside_the_question_and_is_opened_by_the_choice() -> None:
    html = drawn()
    assert html.index("“Yes, even at rest”") < html.index('value="at_rest"')
    assert 'data-emergency="yes"' in html
    assert "op-emergency-chosen" in html


def test_a_follow_up_is_opened_by_its_choice() -> None:
    html = drawn()
    assert 'data-opens="1"' in html
    assert "op-follow-up-1" in html


def test_an_error_is_linked_to_its_input() -> None:
    made = presenter.topic(
        PAGE, {}, {"breathless": "Select an answer", "since": "Enter a real date"}, asked=lambda item: True
    )
    assert [error.href for error in made.errors] == ["#breathless", "#since-day"]
    html = drawn(errors={"breathless": "Select an answer", "since": "Enter a real date"})
    assert 'id="breathless"' in html
    assert 'id="since-day"' in html


def test_a_page_of_one_question_is_headed_by_it() -> None:
    made = presenter.topic(Page("b", "", (BREATH,), BREATH), {}, asked=lambda item: True)
    assert (made.title, made.heading) == ("Are you short of breath?", "")
    assert "<h1" in engines["jinja2"].env.get_template("questionnaire/topic.html").render(topic=made)


def test_something_else_is_what_was_typed() -> None:
    sent = QueryDict("diet=_other&diet-other=Kosher")
    assert posted.form(PAGE, sent, {})["diet"] == ["Kosher"]


def test_an_empty_private_question_keeps_what_was_saved() -> None:
    assert posted.form(PAGE, QueryDict(""), {"safe": "n"})["safe"] == ["n"]
    assert posted.form(PAGE, QueryDict("safe=y"), {"safe": "n"})["safe"] == ["y"]


def test_what_was_sent_is_drawn_again() -> None:
    sent = posted.form(PAGE, QueryDict("since-day=31&since-month=2&since-year=2020&needs=food&days=x"), {})
    values = posted.drawn_again(posted.questions(PAGE), sent)
    assert values == {"since": "2020-2-31", "needs": ["food"], "days": "x"}
    assert 'value="31"' in drawn(values)


def test_what_a_person_typed_is_not_kept_in_memory() -> None:
    typed = {field.component for field in presenter.topic(PAGE, {}, asked=lambda item: True).fields if field.typed}
    assert typed == {"input", "textarea", "date-input", "radios"}  # radios: the open choice
