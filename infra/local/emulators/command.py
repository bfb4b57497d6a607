"""What `automations up --on emulators` does."""

from __future__ import annotations

import shlex
from typing import Final

from infra.local.console_address import remember_console
from infra.local.emulators.stack import EmulatorStack
from infra.local.progress import LineProgress
from infra.local.submission import OWNER
from infra.local.terminal import out, program_as_typed, say, until_interrupted
from infra.local.token import console_link
from shared.bootstrap import Bootstrap
from shared.domain.errors import TransientError
from shared.environment import load_settings

__all__ = ["run_on_emulators"]

_LOOK_EVERY_S: Final = 1.0


def run_on_emulators(wiring: Bootstrap, host: str, port: int) -> None:
    """Runs everything until Ctrl-C, and tells how far videos are.

    Args:
        wiring: The deployment as the settings say.
        host: Address that the API listens on.
        port: Port that the API listens on; 0 takes any.
    """
    say("Starting emulators and functions ...")
    with until_interrupted(), EmulatorStack(wiring, host=host, port=port, note=say) as stack:
        _say_where(stack, wiring)
        _follow(stack)
    say("Stopped. What the emulators held is gone.")


def _say_where(stack: EmulatorStack, wiring: Bootstrap) -> None:
    bucket = f"{stack.environment['STORAGE_EMULATOR_HOST']}/upload/storage/v1/b/{wiring.settings.upload_bucket}"
    folder = shlex.quote(str(wiring.settings.data_dir))
    remember_console(wiring.settings.data_dir, stack.api_url)
    say(f"API      {stack.api_url}")
    say(f"Console  {console_link(Bootstrap(load_settings()), stack.api_url)}")
    say(f"Uploads  {program_as_typed()} process --data-dir {folder} FILE, or")
    say(f"         curl --data-binary @FILE '{bucket}/o?uploadType=media&name={OWNER}/FILE'")
    say("Clients  these make Google's libraries use the emulators:")
    for name, value in stack.environment.items():
        say(f"         export {name}={shlex.quote(value)}")
    say(f"Logs     {stack.log_dir}")
    say("Ctrl-C stops, and forgets all videos: emulators keep them in memory.")


def _follow(stack: EmulatorStack) -> None:
    wiring = Bootstrap(load_settings())  # made for the emulators by the environment that the stack has set
    progress = LineProgress(out, wiring.flow)
    while True:
        stack.watch_over(_LOOK_EVERY_S)
        try:
            videos = wiring.repository.list_videos().videos
        except TransientError:
            continue  # The emulator is busy, or dead, which the stack tells at its next look.
        for video in reversed(videos):
            progress.update(video)
