"""Where somebody who works here says who they are, and as what they work.

The pages of the library that proves it have the names it gives them; those of its pages that are
not here do not exist.
"""

from allauth.account.views import login, reauthenticate
from allauth.mfa.base.views import authenticate, index
from allauth.mfa.base.views import reauthenticate as reauthenticate_by_code
from allauth.mfa.recovery_codes.views import generate_recovery_codes, view_recovery_codes
from allauth.mfa.totp.views import activate_totp, deactivate_totp
from allauth.mfa.webauthn.views import (
    add_webauthn,
    list_webauthn,
    login_webauthn,
    reauthenticate_webauthn,
    remove_webauthn,
)
from django.urls import include, path

from openprotect.web.sign_in import provider, setting_up, works_as

ours = [
    path("sign-in/onward", setting_up.onward, name="onward"),
    path("sign-in/begin/<str:token>", setting_up.begin, name="begin"),
    path("sign-in/password", setting_up.password, name="password"),
    path("sign-in/work-as", works_as.works_as, name="works_as"),
]
urlpatterns = [
    path("", include((ours, "sign_in"))),
    path("sign-in/", login, name="account_login"),
    path("sign-in/again", reauthenticate, name="account_reauthenticate"),
    path("sign-in/with/<slug:provider_id>", provider.begin, name="openid_connect_login"),
    path("sign-in/with/<slug:provider_id>/back", provider.callback, name="openid_connect_callback"),
    path("sign-in/second-factor", index, name="mfa_index"),
    path("sign-in/second-factor/code", authenticate, name="mfa_authenticate"),
    path("sign-in/second-factor/again", reauthenticate_by_code, name="mfa_reauthenticate"),
    path("sign-in/second-factor/app", activate_totp, name="mfa_activate_totp"),
    path("sign-in/second-factor/app/remove", deactivate_totp, name="mfa_deactivate_totp"),
    path("sign-in/recovery-codes", view_recovery_codes, name="mfa_view_recovery_codes"),
    path("sign-in/recovery-codes/new", generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("sign-in/passkeys", list_webauthn, name="mfa_list_webauthn"),
    path("sign-in/passkeys/add", add_webauthn, name="mfa_add_webauthn"),
    path("sign-in/passkeys/<int:pk>/remove", remove_webauthn, name="mfa_remove_webauthn"),
    path("sign-in/passkeys/use", login_webauthn, name="mfa_login_webauthn"),
    path("sign-in/passkeys/again", reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
]
