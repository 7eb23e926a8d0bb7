# make up · test · bench [ONLY=name] · lint · docs · clean. Everything is set up on the first use: uv, packages, data.
export UV_PROJECT_ENVIRONMENT ?= .venv
export UV_PYTHON_DOWNLOADS ?= never
# Where this is set, each of the many processes would compile its packages anew: four seconds instead of one.
unexport PYTHONDONTWRITEBYTECODE
BOOT := sh ./bootstrap.sh
RUN = $(UV_PROJECT_ENVIRONMENT)/bin/python -m
.PHONY: up test bench lint docs clean environment

up: environment
	@exec $(RUN) orchestration.cli up

test: environment
	@$(RUN) pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not slow and not soak" $(ARGS)

bench: environment
	@$(RUN) tests.benchmarks $(if $(ONLY),--only $(ONLY))

lint: environment
	@$(RUN) ruff check . && $(RUN) ruff format --check .
	@$(RUN) mypy
	@$(UV_PROJECT_ENVIRONMENT)/bin/lint-imports
	@$(RUN) sqlfluff lint --processes 2 dbt_project/models dbt_project/tests

docs: environment
	@$(RUN) orchestration.cli docs

clean:
	@if [ -x "$(UV_PROJECT_ENVIRONMENT)/bin/python" ]; then $(RUN) orchestration.cli stop --quiet || true; fi
	rm -rf .venv .uv .clearsignal dbt_project/target dbt_project/logs .pytest_cache .mypy_cache .ruff_cache

environment:
	@$(BOOT)
