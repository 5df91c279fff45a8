"""Turn the settings into the order to load."""

from __future__ import annotations

from devtui.config.settings import Settings
from devtui.events import Load, SessionPin


def load_order(
    settings: Settings,
    *,
    first: bool,
    pin: SessionPin | None,
    send_token: str = "",
    migrations: bool = False,
) -> Load:
    """Return the order; with `migrations` a Django project says which ones are not applied."""
    return Load(
        app=settings.app,
        folder=str(settings.folder.absolute()),
        host=settings.host,
        port=settings.port,
        url=settings.url(settings.port),
        debug=settings.debug,
        reload=settings.reload,
        debugger=settings.debugger,
        threaded=settings.threaded,
        cert=settings.cert,
        key=settings.key,
        env_file=settings.env_file,
        load_dotenv=settings.load_dotenv,
        env_files=settings.env_files,
        first=first,
        main=settings.main,
        pin=pin,
        trusted_hosts=settings.trusted_hosts,
        keep_all=settings.keep_all,
        migrations=migrations,
        advice=settings.advice,
        trace=settings.records_calls,
        send_token=send_token,
    )
