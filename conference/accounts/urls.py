"""Addresses of signing in, of the welcome and of one's own pages. Of allauth's views only those named here answer."""

from allauth.account import views as allauth_account
from allauth.mfa.webauthn import views as allauth_passkeys
from allauth.urls import build_provider_urlpatterns
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.generic import RedirectView

from conference.accounts.views import my_data, privacy, profile, security, sign_in, welcome
from conference.accounts.views.sign_in import fresh_sign_in_required

to_sign_in = login_not_required(RedirectView.as_view(pattern_name="account_login", query_string=True))
to_security = RedirectView.as_view(pattern_name="security")

urlpatterns = [
    path("account/sign-in/", sign_in.sign_in, name="account_login"),
    path("account/sign-up/", to_sign_in, name="account_signup"),
    path("account/code/", sign_in.sign_in_code, name="sign_in_code"),
    path("account/code/again/", sign_in.sign_in_again, name="sign_in_again"),
    path("account/link/<str:link>/", sign_in.sign_in_link, name="sign_in_link"),
    path("account/confirm/", sign_in.confirm_person, name="confirm_person"),
    path("account/password/", allauth_account.login, name="password_sign_in"),
    path("account/passkey/", login_not_required(allauth_passkeys.login_webauthn), name="mfa_login_webauthn"),
    path("account/address/", allauth_account.email_verification_sent, name="account_email_verification_sent"),
    path("account/inactive/", allauth_account.account_inactive, name="account_inactive"),
    path("account/sign-out/", allauth_account.logout, name="account_logout"),
    path("account/deleted/", my_data.deleted, name="account_deleted"),
    path("language/", profile.choose_language, name="choose_language"),
    path("me/welcome/", welcome.welcome, name="welcome"),
    path("me/welcome/interests/", welcome.welcome_interests, name="welcome_interests"),
    path("me/welcome/media/", welcome.welcome_media, name="welcome_media"),
    path("me/profile/", profile.profile, name="profile"),
    path("me/profile/organisations/", profile.organisations, name="organisation_options"),
    path("me/time-zone/", profile.use_time_zone, name="use_time_zone"),
    path("me/security/", security.security, name="security"),
    path("me/security/address/", security.address, name="change_address"),
    path("me/security/addresses/", to_security, name="account_email"),
    path("me/security/password/", security.password, name="set_password"),
    path("me/security/password/remove/", security.remove_password, name="remove_password"),
    path("me/security/passkeys/", to_security, name="mfa_index"),
    path("me/security/passkeys/list/", to_security, name="mfa_list_webauthn"),
    path(
        "me/security/passkeys/add/",
        fresh_sign_in_required(allauth_passkeys.add_webauthn),
        name="mfa_add_webauthn",
    ),
    path(
        "me/security/passkeys/<int:pk>/remove/",
        fresh_sign_in_required(allauth_passkeys.remove_webauthn),
        name="mfa_remove_webauthn",
    ),
    path(
        "me/security/passkeys/<int:pk>/",
        fresh_sign_in_required(allauth_passkeys.edit_webauthn),
        name="mfa_edit_webauthn",
    ),
    path("me/privacy/", privacy.privacy, name="privacy"),
    path("me/privacy/unblock/<int:person_id>/", privacy.lift_block, name="lift_block"),
    path("me/data/", my_data.my_data, name="my_data"),
    path("me/data/export.json", my_data.export, name="export_my_data"),
    path("me/data/delete/", my_data.delete, name="delete_account"),
]

if settings.SOCIAL_PROVIDERS:
    urlpatterns += [path("account/services/", include("allauth.socialaccount.urls"))]
    urlpatterns += [path("account/services/", include(build_provider_urlpatterns()))]
