"""Says which distributions a function has imported when it is alive, and which it may import besides.

Runs with an image's Python: ``python imported.py FUNCTION``, with the modules that the function may reach
on stdin; answers in JSON.
"""

from __future__ import annotations

import csv
import json
import sys
import sysconfig
from functools import cache
from importlib import import_module
from importlib.metadata import distributions
from os.path import normpath

import functions_framework

LATE = {"faster_whisper": "huggingface_hub.hf_api", "httpx": "httpcore", "rapidocr": "rapidocr.main"}
"""What others import late themselves, with their first use."""


def imported() -> list[str]:
    """Returns the distributions that modules have been loaded of."""
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    return sorted({owners()[normpath(file)] for file in files if file and normpath(file) in owners()})


@cache
def owners() -> dict[str, str]:
    """Returns file -> the distribution that it came with."""
    folder = sysconfig.get_path("purelib")
    # Read by itself: the objects that stand for each file take most of the time of this program to make.
    return {
        normpath(f"{folder}/{file}"): one.name
        for one in distributions(path=[folder])
        for file, *_ in csv.reader((one.read_text("RECORD") or "").splitlines())
    }


def main() -> None:
    function = sys.argv[1]
    import_module("gunicorn.app.wsgiapp")
    import_module("gunicorn.workers.gthread")
    app = functions_framework.create_app(function, f"functions/{function}/main.py")
    assert app.test_client().get("/alive").status_code == 200
    at_start = imported()
    missing = []
    for module in sorted(json.load(sys.stdin)):
        for name in {module, LATE.get(module, module)}:
            try:
                import_module(name)
            except ModuleNotFoundError as error:
                package, _, attribute = name.rpartition(".")
                if package not in sys.modules or not hasattr(sys.modules[package], attribute):
                    missing.append(f"{name}: {error}")
    print(json.dumps({"imported": at_start, "reached": imported(), "missing": missing}))


if __name__ == "__main__":
    main()
