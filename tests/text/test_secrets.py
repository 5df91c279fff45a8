"""Names of secrets."""

from __future__ import annotations

import pytest

from devtui.text.secrets import MASK, is_secret, shown


@pytest.mark.parametrize(
    "name",
    [
        "password", "PASSWORD", "db_password", "dbPassword", "userpasswd", "pwd", "passphrase",
        "secret", "SECRET_KEY", "client-secret", "appsecret", "token", "access_token",
        "accessToken", "csrf_token", "key", "api_key", "apikey", "X-Api-Key", "Authorization",
        "HTTP_AUTHORIZATION", "Proxy-Authorization", "Cookie", "Set-Cookie", "session_id",
        "sessionid", "PHPSESSID_TOKEN", "credentials", "jwt", "AWS_SECRET_ACCESS_KEY",
        "passWord", "PassWord", "userPassWord", "user_passWord", "passPhrase", "pass", "db_pass",
        "dbPass", "passCode", "accessToKen", "apiKEY", "pWd", "sessionID",
    ],
)  # fmt: skip
def test_secrets(name: str) -> None:
    assert is_secret(name)
    assert shown(name, "hunter2") == MASK
    assert shown(name, "hunter2", reveal=True) == "hunter2"


@pytest.mark.parametrize(
    "name",
    ["monkey", "keyboard", "author", "host", "Accept", "Content-Type", "items", "passed", "tok",
     "session", "pinned", "", "hockey", "compass", "bypass", "compassRose", "passenger", "Passed"],
)  # fmt: skip
def test_other_names(name: str) -> None:
    assert not is_secret(name)
    assert shown(name, "plain") == "plain"
