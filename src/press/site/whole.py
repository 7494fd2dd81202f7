"""Builds a whole site as `mkdocs build` does, but into another folder and for another address."""

import logging
from logging.handlers import BufferingHandler
from pathlib import Path

import yaml
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import MkDocsException


def build_site(config_file: Path, folder: Path, site_url: str) -> list[str]:
    """Build a site and return the warnings; RuntimeError has the first complaint in one line."""
    heard = BufferingHandler(capacity=100_000)
    heard.setLevel(logging.WARNING)
    logger = logging.getLogger("mkdocs")
    logger.addHandler(heard)
    try:
        config = load_config(str(config_file), site_dir=str(folder), site_url=site_url)
        config.plugins.on_startup(command="build", dirty=False)
        try:
            build(config)
        finally:
            config.plugins.on_shutdown()
    except (MkDocsException, yaml.YAMLError) as error:
        said = sorted(heard.buffer, key=lambda record: -record.levelno)
        lines = "\n".join([*(record.getMessage() for record in said), str(error)]).splitlines()
        first, *others = [line.strip() for line in lines if line.strip()]
        more = f" (and {len(others)} more lines from mkdocs build)" if others else ""
        raise RuntimeError(f"the site does not build: {first}{more}") from error
    finally:
        logger.removeHandler(heard)
    return [record.getMessage() for record in heard.buffer]
