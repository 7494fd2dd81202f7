"""The command line: press status, run, new, check, bundle."""

import argparse
import dataclasses
import json
import re
import string
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml
from tqdm import tqdm

from press.execution.task import Outcome, Task
from press.files import write
from press.project import Settings
from press.scripts.script import ScriptError, part_url
from press.store import Status
from press.tutorials import Tutorials, default_jobs, say


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 is success, 1 a tutorial or check that failed, 2 a wrong call."""
    options = parser().parse_args(arguments)
    try:
        return options.command(Tutorials(Settings.find(Path.cwd())), options)
    except (LookupError, FileNotFoundError, FileExistsError) as error:
        say(f"press: {error.args[0] if isinstance(error, LookupError) else error}")
        return 2
    except ScriptError as error:  # of a list that all tutorials are held against
        say(str(error))
        return 1
    except yaml.YAMLError as error:
        say(f"press: mkdocs.yml cannot be read: {' '.join(str(error).split())}")
        return 2
    except KeyboardInterrupt:
        say("press: interrupted; what had finished is stored")
        return 130


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="press", description="Executes literate scripts and keeps what they showed.")
    commands = top.add_subparsers(required=True, metavar="status | run | new | check | bundle")

    def add(function: Callable[[Tutorials, argparse.Namespace], int], about: str, names: bool = False) -> Any:
        command = commands.add_parser(function.__name__, help=about)
        command.set_defaults(command=function)
        if names:
            command.add_argument("names", nargs="*", metavar="NAME")
        return command.add_argument

    option = add(status, "each tutorial: fresh, stale, missing or failed, and why", names=True)
    option("--json", action="store_true", help="a list of objects with name, state and why")
    option = add(run, "execute what is stale or missing; exit 1 if a tutorial fails", names=True)
    option("--all", action="store_true", help="execute fresh ones again too")
    option("--jobs", type=positive, metavar="N", help="tutorials at once (default: cores / 2, at least 2)")
    option("--deadline", type=float, metavar="SECONDS", help="for each tutorial")
    option("--shard", type=fraction, metavar="K/N", help="only the K-th of N equal shares")
    option("--scheduler", metavar="ADDRESS", help="a Dask scheduler, e.g. tcp://10.0.0.1:8786")
    option = add(new, "a script from a template")
    option("part", metavar="PART", help="a folder of the tutorials, e.g. 1-foundations")
    option("title", metavar="TITLE")
    add(check, "header, structure, links and names", names=True)
    option = add(bundle, "one zip of the whole site, to read without a network")
    option("file", nargs="?", type=Path, metavar="FILE", help="default: the site's name, and -site.zip")
    option("--site-url", metavar="URL", help="where downloads find their helpers (default: localhost)")
    return top


def positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least 1")
    return int(text)


def fraction(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise argparse.ArgumentTypeError(f"{text!r} is no share; write K/N with 1 <= K <= N, e.g. 2/8")
    return int(match[1]), int(match[2])


def status(tutorials: Tutorials, options: argparse.Namespace) -> int:
    rows = [tutorials.status(script) for script in tutorials.select(options.names)]
    if not options.names:  # scripts that cannot be read have no key; they count as failed
        known = {script.path for script in tutorials.scripts}
        unread = [error for error in tutorials.errors if error.path not in known]
        rows += [Status(error.path.stem, "failed", str(error)) for error in unread]
    if options.json:
        print(json.dumps([dataclasses.asdict(row) for row in rows], indent=1))
    else:
        width = max((len(row.name) for row in rows), default=0)
        for row in rows:
            print(f"{row.name:{width}}  {row.state:7}  {row.why}".rstrip())
    return 0


def run(tutorials: Tutorials, options: argparse.Namespace) -> int:
    scripts = [script for script in tutorials.select(options.names) if script.path not in tutorials.broken]
    if broken := tutorials.told(options.names):
        say("\n".join(map(str, broken)))
    if options.shard:
        scripts = tutorials.shard(scripts, *options.shard)
    todo = [script for script in scripts if options.all or tutorials.status(script).state != "fresh"]
    fresh = len(scripts) - len(todo)
    if not todo:
        say(f"nothing to do: {fresh} fresh")
        return 1 if broken else 0
    jobs = options.jobs or min(default_jobs(), len(todo))
    with Progress(total=len(todo), unit="tutorial", disable=not sys.stderr.isatty(), leave=False) as bar:
        asked = {"jobs": jobs, "deadline": options.deadline, "scheduler": options.scheduler}
        failures = tutorials.run(todo, **asked, on_start=bar.started, on_done=bar.done)
    for message in failures:
        say(message)
    say(f"{len(todo) - len(failures)} executed, {len(failures)} failed, {fresh} were fresh")
    return 1 if failures or broken else 0


class Progress(tqdm):
    """A bar over the tutorials that names the running ones; plain lines where there is no terminal."""

    running: tuple[str, ...] = ()

    def show(self, running: tuple[str, ...], line: str) -> None:
        self.running = running
        self.set_description_str(", ".join(running))
        if self.disable:
            say(line)

    def started(self, task: Task) -> None:
        self.show((*self.running, task.name), f"{task.name}: running")

    def done(self, outcome: Outcome, message: str) -> None:
        said = f"{outcome.name}: {'failed' if message else 'done'} after {outcome.run.seconds:.1f} s"
        self.show(tuple(name for name in self.running if name != outcome.name), said)
        self.update()


def new(tutorials: Tutorials, options: argparse.Namespace) -> int:
    folder = tutorials.settings.tutorials
    if not re.fullmatch(r"[A-Za-z0-9][\w-]*", options.part):
        raise LookupError(f"the part {options.part!r} is no folder name; allowed are letters, digits, - and _")
    known = (script.part for script in tutorials.scripts if options.part in (script.part, part_url(script.part)))
    part = next(known, options.part)
    slug = re.sub(r"[^a-z0-9]+", "-", options.title.lower()).strip("-")
    if not slug:
        raise LookupError(f"the title {options.title!r} has no letter or digit to make an address of")
    if not options.title.isprintable() or '"""' in options.title or "\\" in options.title:
        said = "is no heading; allowed is a line without backslash or triple quotes"
        raise LookupError(f"the title {options.title!r} {said}")
    if taken := next((script for script in tutorials.scripts if script.name == slug), None):
        raise FileExistsError(f"the slug {slug!r} is taken by {taken.path.as_posix()}; choose another title")
    numbers = [int(match[1]) for path in folder.rglob("*.py") if (match := re.match(r"(\d+)[-_]", path.name))]
    path = folder / part / f"{max(numbers, default=0) + 1:02}_{slug}.py"
    template = Path(__file__).with_name("templates").joinpath("new.py.txt").read_text(encoding="utf-8")
    write(path, string.Template(template).substitute(title=options.title))
    print(path.relative_to(tutorials.settings.root).as_posix())
    return 0


def check(tutorials: Tutorials, options: argparse.Namespace) -> int:
    problems = tutorials.check(tutorials.select(options.names))
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


def bundle(tutorials: Tutorials, options: argparse.Namespace) -> int:
    from press.site.bundle import SITE_URL, make

    try:
        path = make(tutorials.settings, options.site_url or SITE_URL, options.file)
    except (OSError, RuntimeError) as error:
        say(f"press: {error}")
        return 1
    say(f"{path}: {path.stat().st_size / 1e6:.1f} MB; its README.txt says how to read it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
