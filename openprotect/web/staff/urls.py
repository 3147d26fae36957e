"""The pages of teams: what needs action, and whom to ring."""

from django.urls import path

from openprotect.web.signed_in import sign_out
from openprotect.web.staff import calls, emergency, needs_action, why_listed

app_name = "staff"
urlpatterns = [
    path("staff/worklist", needs_action.worklist, name="worklist"),
    path("staff/needs/<uuid:need>", needs_action.need, name="need"),
    path("staff/needs/<uuid:need>/<slug:verb>", needs_action.act_on, name="act_on"),
    path("staff/people/<uuid:person>/listed", why_listed.why_listed, name="why_listed"),
    path("staff/calls", calls.calls, name="calls"),
    path("staff/calls/next", calls.next_call, name="next_call"),
    path("staff/calls/<uuid:call>", calls.call, name="call"),
    path("staff/emergency", emergency.emergency, name="emergency"),
    path("staff/emergency/record", emergency.record_of_person, name="emergency_record"),
    path("staff/emergency/end", emergency.end, name="emergency_end"),
    path("staff/emergency/<int:access>/answer", emergency.answer, name="emergency_answer"),
    path("staff/sign-out", sign_out, name="sign_out"),
]
