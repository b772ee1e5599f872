# What a developer runs; `just` lists it. The README's own commands come first, these are shorthands.
python := ".venv/bin/python"

# a virtual environment with everything the tests need
setup:
    python3 -m venv .venv && .venv/bin/pip install --quiet -e '.[test]'

# half a minute: no process, no server, no generated input, no real file
quick *arguments:
    {{python}} -m pytest -n auto --quick {{arguments}}

# everything but the long proofs
test *arguments:
    {{python}} -m pytest -n auto {{arguments}}

# the long proofs
slow *arguments:
    {{python}} -m pytest -n auto -m slow {{arguments}}

# style and types
lint:
    .venv/bin/ruff check .
    .venv/bin/ruff format --check .
    .venv/bin/mypy

# all that a change has to pass, in a clean copy of what is committed
ci:
    .ci/run
