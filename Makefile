# `make help` lists what there is. `make run` starts everything on this machine.
SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS   += --no-print-directory

CARGO    ?= cargo
PYTHON   ?= python3
STAGE    ?= dev
REGION   ?= us-east-1
TARGET   := $(or $(CARGO_TARGET_DIR),target)
TOOLS    := .local/tools
VENV     := .venv
CHECKS   := .local/venv/checks
SAM      := .local/venv/sam
PY       := $(VENV)/bin/python
LOCAL    := infra/local
FUNCTIONS = $(shell sed -n 's|^ *CodeUri: build/\(.*\)/$$|\1|p' template.yaml)

# Ports and folders of the local cloud; `make run WEB_PORT=9080` moves one.
export PYTHON CLOUD_PORT WEB_PORT OUTSIDE_PORT ORDERFLOW_STATE DEMO_ORDERS DEMO_REVIEWS
export PYTHONDONTWRITEBYTECODE := 1
export SAM_CLI_TELEMETRY := 0

##@ Run it

.PHONY: help setup build run local down status logs ask hook ctl redrive
help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n\033[1m%s\033[0m\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  \033[36m%-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST); echo

setup: ## Python tools in .venv
	@$(LOCAL)/venv.sh $(VENV) infra/requirements.txt

build: setup ## all functions and orderctl, laid out in build/<function>/bootstrap
	@$(CARGO) build --release --workspace --exclude sim --bins
	@$(PY) $(LOCAL)/layout.py

run: build ## the whole suite on this machine, with demo data
	@$(PY) $(LOCAL)/up.py

local: ## the same on port 8001: WEB_PORT=8001 unless you say another
	@$(MAKE) run WEB_PORT=$(or $(WEB_PORT),8001)

down: ## stop it
	@$(PY) $(LOCAL)/down.py

status: ## what runs, and what waits in queues and tables
	@$(PY) $(LOCAL)/status.py

logs: ## what a function wrote: FN=ask [FOLLOW=1] [RAW=1]
	@$(PY) $(LOCAL)/logs.py $(or $(FN),$(error which function? make logs FN=ask)) $(if $(FOLLOW),--follow) $(if $(RAW),--raw)

ask: ## ask the running suite: Q='Where is my order 1001? Email: john.smith@example.com'
	@$(PY) $(LOCAL)/ask.py $(if $(Q),'$(subst ','\'',$(Q))',$(error ask what? make ask Q='Where is my order 1001? ...'))

hook: ## send a signed status webhook: ORDER=1001 STATUS=Delivered [EMAIL=..]
	@$(PY) $(LOCAL)/hook.py $(if $(ORDER),--order '$(ORDER)') $(if $(STATUS),--status '$(STATUS)') $(if $(EMAIL),--email '$(EMAIL)')

ctl: ## the operator's command line: ARGS='import orders.csv'
	@$(PY) $(LOCAL)/ctl.py $(ARGS)

redrive: ## bring back what was given up on: Q=hooks, notify, metrics, saga, dispatch, webhooks, outbox, reports or sheet [DRY=1]
	@$(PY) $(LOCAL)/ctl.py redrive $(or $(Q),$(error which queue? make redrive Q=hooks)) $(if $(DRY),--dry-run)

##@ Test it

.PHONY: ci test test-rust test-template test-local test-e2e test-browser check fmt lint deny validate workflow cov sim chaos load costs bench sizes deploy-build generate doctor
test: setup test-rust build test-template test-local test-e2e ## every test, on a fresh machine too

test-rust: ## unit, property, conformance and simulator tests
	@if $(CARGO) nextest --version >/dev/null 2>&1; then \
	  $(CARGO) nextest run --workspace --no-fail-fast && $(CARGO) test --workspace --doc; \
	else $(CARGO) test --workspace --no-fail-fast; fi

test-template: ## the rules that template.yaml, samples and workflows keep
	@$(LOCAL)/venv.sh $(CHECKS) infra/requirements-checks.txt
	@$(CHECKS)/bin/python -m pytest -q -p no:cacheprovider infra/checks

test-local: setup
	@$(PY) -m pytest -q -p no:cacheprovider infra/local infra/ship

# A cloud of its own beside the one somebody may be looking at.
E2E = ORDERFLOW_STATE=.local/e2e CLOUD_PORT=$(or $(E2E_CLOUD_PORT),4666) WEB_PORT=$(or $(E2E_WEB_PORT),8180) \
  OUTSIDE_PORT=$(or $(E2E_OUTSIDE_PORT),4670) DEMO_ORDERS=$(or $(DEMO_ORDERS),40) DEMO_REVIEWS=0
# The tests that `cargo test` leaves out because they need a cloud.
CLOUD_TESTS = --workspace --test conformance --test cloud
PYTEST = $(PY) -m pytest -q -p no:cacheprovider
# One kills what others would be asking, and wants to find the queues of the parked empty; one has time limits. The others mostly wait, two files at a time.
ALONE = infra/e2e/test_kills.py infra/e2e/test_speed.py
test-e2e: setup ## the adapters' conformance, and the deployed suite over HTTP, on the local cloud
	@$(E2E) $(PY) $(LOCAL)/down.py >/dev/null; $(E2E) $(PY) $(LOCAL)/up.py; code=0; \
	if $(CARGO) nextest --version >/dev/null 2>&1; then tests="nextest run --run-ignored only $(CLOUD_TESTS)"; \
	else tests="test $(CLOUD_TESTS) -- --ignored"; fi; \
	CONFORMANCE_CREATE=1 $(E2E) $(PY) $(LOCAL)/within.py $(CARGO) $$tests || code=$$?; \
	$(E2E) $(PYTEST) $(ALONE) $(ARGS) || [ $$? = 5 ] || code=1; \
	$(E2E) $(PYTEST) -n 2 --dist loadfile infra/e2e $(addprefix --ignore ,$(ALONE)) $(ARGS) || [ $$? = 5 ] || code=1; \
	$(E2E) $(PY) $(LOCAL)/down.py; exit $$code

ci: check test ## what the workflow does

test-browser: ## the console and the chat in Chromium, which is installed if it is missing (Debian, Ubuntu)
	@for name in chromium chromium-browser google-chrome google-chrome-stable; do if command -v $$name >/dev/null; then exit 0; fi; done; \
	echo "installing Chromium ..."; { apt-get update -qq && apt-get install -y -qq chromium fonts-dejavu-core; } >/dev/null
	@$(MAKE) test-e2e ARGS='-k test_browser $(ARGS)'

check: lint deny validate test-template workflow ## format, clippy, dependencies, template, workflow

fmt: ## format the code
	@$(CARGO) fmt --all

lint:
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --workspace --all-targets -- -D warnings

$(TOOLS)/bin/cargo-deny:
	@echo "building cargo-deny (once; about 3 minutes) ..."
	@CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256 CARGO_TARGET_DIR=$(TOOLS)/build \
	  $(CARGO) install --quiet --locked --root $(TOOLS) cargo-deny@0.20.2
	@rm -rf $(TOOLS)/build

# The advisory database lives at GitHub; where that can't be reached, the rest is still checked.
deny: ## licences, sources, banned crates and known holes of the dependencies
	@deny=$$(command -v cargo-deny || true); if [ -z "$$deny" ]; then $(MAKE) $(TOOLS)/bin/cargo-deny; deny=$(TOOLS)/bin/cargo-deny; fi; \
	if [ -n "$${CI:-}" ] || timeout 15 git ls-remote --quiet https://github.com/rustsec/advisory-db HEAD >/dev/null 2>&1; \
	then $$deny check; else echo "github.com can't be reached: advisories are left to CI" >&2; $$deny check bans licenses sources; fi

validate: ## template.yaml with AWS's own linter
	@$(LOCAL)/venv.sh $(SAM) infra/requirements-sam.txt
	@AWS_DEFAULT_REGION=$(REGION) $(SAM)/bin/sam validate --lint

# Their schema is checked with the template; actionlint looks inside the scripts and expressions, and CI has it.
workflow:
	@if command -v actionlint >/dev/null; then actionlint; else echo "no actionlint here: workflows are left to CI"; fi

sim: ## the simulator: SEED=42 replays, S=instagram_happy tells a story, ARGS='--seeds 1000' searches
	@$(CARGO) run --profile fast -p sim -- $(if $(SEED),--seed $(SEED)) $(if $(S),--scenario $(S)) $(ARGS)

# Memory, clock and gateways of the tests are their own: nothing has to be set, and nothing outside is spoken to.
cov: ## which lines of shared/ the tests run; fails below 85 % (COV_MIN=..)
	@CARGO='$(CARGO)' $(PYTHON) $(LOCAL)/cov.py

chaos: ## any function dies at any moment, at random: SEEDS=300 worlds, and every order reaches the state it must
	@$(CARGO) run --profile fast -p sim -- --seeds $(or $(SEEDS),300)

load: ## ORDERS=50000 orders of a day through all handlers, and none is lost
	@$(CARGO) run --profile fast -p sim -- --load $(or $(ORDERS),50000)

costs: ## what a month costs on AWS, counted by the simulator (the table in the README)
	@$(CARGO) run --profile fast --quiet -p sim -- --costs

bench: setup deploy-build ## what it costs in time, memory and capacity, against its limits; writes docs/benchmarks.md
	@CARGO='$(CARGO)' $(PY) infra/bench/bench.py $(TARGET)

sizes: setup deploy-build ## what each function weighs when it is deployed
	@$(PY) $(LOCAL)/layout.py --sizes $(TARGET)/deploy

# As small and quick as what goes to AWS, for this machine's CPU.
deploy-build:
	@$(CARGO) build --profile deploy $(foreach fn,$(FUNCTIONS),--bin $(fn))

generate: ## schemas and documents that are made from code
	@UPDATE_SCHEMAS=1 UPDATE_GENERATED=1 $(CARGO) test --workspace --quiet committed

doctor: setup ## is this machine ready, and is the suite well? [KEY=of_..]
	@$(PY) $(LOCAL)/doctor.py
	@if [ -f $(or $(ORDERFLOW_STATE),.local)/env.json ]; then $(PY) $(LOCAL)/ctl.py doctor --tenant demo $(if $(KEY),--key $(KEY)); fi

##@ Ship it

.PHONY: invoke package deploy smoke rollback
invoke: setup ## one function in AWS's runtime image: FN=ask EVENT=events/samples/ask/question.json
	@$(LOCAL)/venv.sh $(SAM) infra/requirements-sam.txt
	@$(PY) $(LOCAL)/invoke.py --sam $(SAM)/bin/sam $(or $(FN),$(error which function? make invoke FN=ask EVENT=..)) $(or $(EVENT),$(error which event? EVENT=events/samples/$(FN)/..)) $(if $(ARGS),-- $(ARGS))

package: setup ## the functions for AWS (arm64, smallest), laid out in build/
	@$(LOCAL)/venv.sh $(SAM) infra/requirements-sam.txt
	@rustup target list --installed 2>/dev/null | grep -q aarch64-unknown-linux-gnu || rustup target add aarch64-unknown-linux-gnu
	@PATH="$(CURDIR)/$(SAM)/bin:$$PATH" $(CARGO) lambda build --profile deploy --arm64 $(foreach fn,$(FUNCTIONS),--bin $(fn))
	@$(PY) $(LOCAL)/layout.py $(TARGET)/lambda

smoke: setup ## does a deployed suite answer? URL=https://.. [KEY=of_.. publishable]
	@$(PY) infra/ship/smoke.py $(or $(URL),$(error which suite? URL=https://..)) $(if $(KEY),--key $(KEY))

rollback: setup ## every function of a stage back to the version before: STAGE=prod
	@AWS_DEFAULT_REGION=$(REGION) $(PY) infra/ship/rollback.py orderflow-$(STAGE)

deploy: package ## to your AWS account: STAGE=prod [REGION=..]; asks for every parameter the first time
	@if grep -q '^\[$(STAGE)\.deploy\.parameters\]' samconfig.toml; then guided=; else guided=--guided; fi; \
	$(SAM)/bin/sam deploy --config-env $(STAGE) $$guided $$([ -z "$$guided" ] || echo --stack-name orderflow-$(STAGE) --region $(REGION) --parameter-overrides Stage=$(STAGE) --capabilities CAPABILITY_IAM)
