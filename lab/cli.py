"""The laboratory's command line. Parts are imported when they are asked for: `--help` must not load a cloud's SDK."""

from __future__ import annotations

import argparse
import sys
import typing as t

from lab.errors import LabError

Command = t.Callable[[list[str]], int]


def _up(argv: list[str]) -> int:
    _parser("up", "Bring the lab up, or whole again; a second time takes seconds.").parse_args(argv)
    from lab import world

    world.up()
    return 0


def _down(argv: list[str]) -> int:
    _parser("down", "Remove the lab's hosts, network and processes; images, logs and reports stay.").parse_args(argv)
    from lab import world

    world.down()
    return 0


def _status(argv: list[str]) -> int:
    _parser("status", "What runs where, what is real, what is emulated.").parse_args(argv)
    from lab import status

    print(status.screen())
    return 0


def _break(argv: list[str]) -> int:
    return _disturb("break", "Break something, for real and at once.", argv)


def _heal(argv: list[str]) -> int:
    return _disturb("heal", "Undo a break, and wait until what was broken answers.", argv)


def _disturb(verb: t.Literal["break", "heal"], description: str, argv: list[str]) -> int:
    from lab import breaks

    what = "\n".join(f"  {name:20}{one.sentence}" for name, one in breaks.BREAKS.items())
    parser = _parser(verb, f"{description}\n\n{what}")
    parser.add_argument("what", metavar="WHAT", help="one of the names above")
    chosen = parser.parse_args(argv).what
    breaks.break_(chosen) if verb == "break" else breaks.heal(chosen)
    return 0


def _watch(argv: list[str]) -> int:
    from lab import watch

    return watch.run(argv)


def _drill(argv: list[str]) -> int:
    from lab import story

    return story.run(argv)


def _crash_matrix(argv: list[str]) -> int:
    from lab import crash

    return crash.run(argv)


def _calls(argv: list[str]) -> int:
    from lab.calls import command

    return command.run(argv)


def _curl(argv: list[str]) -> int:
    from lab import shell

    return shell.run(argv)


COMMANDS: dict[str, tuple[Command, str]] = {
    "up": (_up, "bring the lab up, or whole again"),
    "down": (_down, "take it away; the host is as it was"),
    "status": (_status, "what runs where, what is real, what is emulated"),
    "break": (_break, "break something: break --help lists what"),
    "heal": (_heal, "undo a break"),
    "watch": (_watch, "be the users, and write down what they see"),
    "curl": (_curl, "fetch a page as a user would: the lab's DNS, the lab's CA"),
    "drill": (_drill, "play the whole story"),
    "calls": (_calls, "record what the runbooks ask of the clouds, and write policies/"),
    "crash-matrix": (_crash_matrix, "kill runbooks at each of their changes, run them again, compare"),
}


def _parser(command: str, description: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog=f"python -m lab {command}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def usage() -> str:
    lines = [f"  {name:14}{summary}" for name, (_, summary) in COMMANDS.items()]
    return "\n".join(["usage: python -m lab COMMAND", "", "A disaster on one machine. Commands:", *lines])


def main(argv: list[str]) -> int:
    """0 done, 1 a LabError in one sentence, 2 a command that there is not, 130 interrupted."""
    if not argv or argv[0] in ("-h", "--help"):
        print(usage())
        return 0 if argv else 2
    name, *rest = argv
    if name not in COMMANDS:
        print(f"There is no command {name!r}.\n{usage()}", file=sys.stderr)
        return 2
    try:
        return COMMANDS[name][0](rest)
    except LabError as error:
        print(f"python -m lab {name}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"python -m lab {name}: interrupted; the same command again continues", file=sys.stderr)
        return 130
