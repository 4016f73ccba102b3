# make predict  - set up, then show officials and agreements of a sample article
# make test     - set up, then lint, types and tests
# A virtual environment of its own for each: the first stays as small as a user's.

PYTHON ?= python3
SAMPLE ?= data/samples/ky-ket-quy-che.txt
RUN_ENV := .venv
TEST_ENV := .venv-test

.PHONY: predict test format clean

predict: $(RUN_ENV)/.done
	$(RUN_ENV)/bin/phoihop predict --format table $(SAMPLE)

test: $(TEST_ENV)/.done
	$(TEST_ENV)/bin/pip install --quiet --no-deps --force-reinstall .
	$(TEST_ENV)/bin/ruff check .
	$(TEST_ENV)/bin/ruff format --check .
	cd tests && ../$(TEST_ENV)/bin/mypy --config-file ../pyproject.toml -p phoihop
	$(TEST_ENV)/bin/python -m pytest

format: $(TEST_ENV)/.done
	$(TEST_ENV)/bin/ruff check --fix .
	$(TEST_ENV)/bin/ruff format .

$(RUN_ENV)/.done: pyproject.toml
	$(PYTHON) -m venv $(RUN_ENV)
	$(RUN_ENV)/bin/pip install --quiet .
	touch $@

$(TEST_ENV)/.done: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(TEST_ENV)
	$(TEST_ENV)/bin/pip install --quiet --constraint constraints.txt '.[train,test]'
	touch $@

clean:
	rm -rf $(RUN_ENV) $(TEST_ENV) build *.egg-info
