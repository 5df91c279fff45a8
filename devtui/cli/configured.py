"""A command whose options have their defaults in config files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from devtui.config import config_file
from devtui.config.config_file import ConfigError, Found

if TYPE_CHECKING:
    from devtui.cli.config_values import ConfigValues
    from devtui.config.preferences import Preferences

_VALUES = "devtui.config_values"


class ConfiguredCommand(click.Command):
    """A command that reads the config first, and uses its values as the options' defaults.

    So the command line and variables win, and click checks the values like typed ones.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, with the config behind them."""
        if ctx.resilient_parsing:  # a shell completes
            return super().parse_args(ctx, args)
        typed: Mapping[str, Any] = self.make_parser(ctx).parse_args(args=list(args))[0]
        options = {
            name.removeprefix("--"): param
            for param in self.get_params(ctx)
            for name in param.opts
            if name.startswith("--")
        }
        # These two work whatever the files say.
        serves_nothing = any(
            name in options and options[name].name in typed for name in ("help", "version")
        )
        try:
            found = _find(ctx, options, typed)
        except ConfigError as error:
            if not serves_nothing:
                raise ConfigMistake(str(error)) from None
            found = Found()
        if not (found.files or found.notices):
            return self._parse_given(ctx, args)
        # A start without a config does not wait for this module.
        from devtui.cli.config_values import ConfigValues

        values = ConfigValues(ctx, options)
        ctx.meta[_VALUES] = values
        try:
            values.take(found)
        except ConfigError as error:
            if not serves_nothing:
                raise ConfigMistake(str(error)) from None
        try:
            rest = self._parse_given(ctx, args)
        except click.BadParameter as error:
            if told := values.explained(error):
                raise ConfigMistake(told) from None
            raise
        try:
            values.settle()
        except ConfigError as error:
            raise ConfigMistake(str(error)) from None
        return rest

    def _parse_given(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; an error about a variable's value names the variable."""
        try:
            return super().parse_args(ctx, args)
        except click.BadParameter as error:
            if error.param_hint is None and (variable := _variable_of(ctx, error.param)):
                error.param_hint = f"'{variable}'"
            raise


def _variable_of(ctx: click.Context, param: click.Parameter | None) -> str:
    """Return the variable that set an option; empty if something else did."""
    if param is None or param.name is None or param.envvar is None:
        return ""
    if ctx.get_parameter_source(param.name) is not click.core.ParameterSource.ENVIRONMENT:
        return ""
    names = [param.envvar] if isinstance(param.envvar, str) else param.envvar
    return next((name for name in names if os.environ.get(name)), "")


class ConfigMistake(click.ClickException):
    """A mistake in a config file, which counts as bad usage."""

    exit_code = 2


def placed(ctx: click.Context, name: str, error: click.UsageError) -> click.ClickException:
    """Return an error about an option's value with file and line, if the value came from a file."""
    values: ConfigValues | None = ctx.meta.get(_VALUES)
    told = values.placed(name, error.message) if values is not None else ""
    return ConfigMistake(told) if told else error


def _find(
    ctx: click.Context, options: Mapping[str, click.Parameter], typed: Mapping[str, Any]
) -> Found:
    """Read the files that count for a command line. Raises `ConfigError`."""
    try:
        folder = os.getcwd()
    except OSError:
        raise ConfigError("The working folder was deleted: go to another one.") from None
    # The example ignores the folder that it is started in.
    demo = _early("demo", ctx, options, typed)
    named = None if demo else _early("config", ctx, options, typed)
    if named:
        return config_file.given(named, os.environ)
    return config_file.find(folder, os.environ, project=not demo)


def _early(
    name: str,
    ctx: click.Context,
    options: Mapping[str, click.Parameter],
    typed: Mapping[str, Any],
) -> Any:
    """Return the value of an option that decides which files to read."""
    param = options.get(name)
    if param is None or param.name is None:
        return None
    return typed.get(param.name) or param.type_cast_value(ctx, param.value_from_envvar(ctx))


def read_for_code(folder: str) -> Preferences:
    """Return the preferences for a program that calls `devtui.run`. Raises `ConfigError`."""
    from devtui.cli.config_values import check_dashboard
    from devtui.config import preferences

    named = os.environ.get("DEVTUI_CONFIG")
    found = config_file.given(named, os.environ) if named else config_file.find(folder, os.environ)
    chosen = preferences.read(found)
    check_dashboard(chosen)
    return chosen
