# `make help` lists what there is to run. Everything runs from a virtualenv in .venv, and from the
# collection as users install it, in .cache/collections.

PYTHON ?= python3
INVENTORY ?= tests/fleet/inventory.yml
ARGS ?=
export PYTHON MAKE

# Nothing of the user's own Ansible set-up reaches a run.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/.cache/ansible.cfg
export ANSIBLE_HOME := $(CURDIR)/.cache/ansible
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.cache/collections
export ANSIBLE_DISPLAY_SKIPPED_HOSTS := false
export ANSIBLE_LOCALHOST_WARNING := false
export ANSIBLE_INVENTORY_UNPARSED_WARNING := false
export ANSIBLE_CONNECTION_PLUGINS := $(CURDIR)/tests/fleet/connection_plugins
export CONTAINERS_CONF := $(CURDIR)/.cache/containers.conf

# Nor of the user's AWS account: a profile beside keys is an error to amazon.aws, and AWS_URL would
# lead past the simulator. What a target needs, it sets itself.
unexport $(filter AWS_% EC2_%,$(.VARIABLES))

# The simulator is on this machine, whatever proxy there is.
comma := ,
user_no_proxy := $(or $(no_proxy),$(NO_PROXY))
export no_proxy := $(if $(user_no_proxy),$(user_no_proxy)$(comma))10.86.6.1,127.0.0.1,localhost
export NO_PROXY := $(no_proxy)

EXPORTED := ANSIBLE_CONFIG ANSIBLE_HOME ANSIBLE_COLLECTIONS_PATH ANSIBLE_DISPLAY_SKIPPED_HOSTS \
	ANSIBLE_LOCALHOST_WARNING ANSIBLE_INVENTORY_UNPARSED_WARNING ANSIBLE_CONNECTION_PLUGINS CONTAINERS_CONF \
	no_proxy NO_PROXY
COLLECTION := .cache/collections/ansible_collections/cloudmail/ses
TREE := .cache/tree/ansible_collections/cloudmail/ses
SOURCES := $(shell find galaxy.yml COPYING README.md CHANGELOG.md changelogs meta plugins roles \
	playbooks docs ! -name '*.pyc' ! -name __pycache__ 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---- what the rest builds on

.PHONY: venv venv-dev hosts hosts-dev browser-dev collection tree env
venv:
	@scripts/bootstrap run
venv-dev:
	@scripts/bootstrap dev
hosts:
	@scripts/bootstrap run hosts
hosts-dev:
	@scripts/bootstrap dev hosts
browser-dev:
	@scripts/bootstrap dev browser

# Built and installed like a release, so that what runs is what users get
collection: $(COLLECTION)/MANIFEST.json
$(COLLECTION)/MANIFEST.json: $(SOURCES) | venv
	@rm -rf .cache/build $(COLLECTION) && mkdir -p .cache/build
	@ansible-galaxy collection build --output-path .cache/build >.cache/build/log
	@ansible-galaxy collection install --no-deps --offline -p .cache/collections \
		.cache/build/cloudmail-ses-*.tar.gz >>.cache/build/log

# What git would commit, in the folder tree that the checks want
tree: venv-dev
	@.venv/bin/python scripts/tree.py >/dev/null

env: ## print the environment of all this: eval "`make -s env`"
	@echo 'export PATH="$(CURDIR)/.venv/bin:$$PATH"'
	@$(foreach name,$(EXPORTED),echo 'export $(name)="$($(name))"';)

# ---- the demo and the test hosts

.PHONY: demo fleet fleet-stop
demo: fleet ## an account and three hosts relaying through SES, all of it on this machine (root)
	@AWS_ENDPOINT_URL=http://10.86.6.1:4579 AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=demo \
		ansible-playbook -i $(INVENTORY) cloudmail.ses.demo -e @tests/fleet/demo.yml $(ARGS)
fleet: hosts collection ## make the test hosts: Debian 11, 12 and 13 in containers (root)
	@ansible-playbook -i $(INVENTORY) tests/fleet/create.yml
fleet-stop: hosts ## remove the test hosts and their network, stop the simulator (root)
	@ansible-playbook -i $(INVENTORY) -i tests/fleet/mtas.yml tests/fleet/destroy.yml

# ---- checks and tests

.PHONY: test lint sanity unit report-test throughput fleet-test molecule benchmark
test: venv-dev ## everything: lint, sanity, unit, report-test, throughput, fleet-test, molecule (root)
	@scripts/each lint sanity unit report-test throughput fleet-test molecule

lint: ## the linters; one of them: make lint-types ...
	@scripts/each lint-format lint-python lint-types lint-yaml lint-ansible lint-docs lint-permissions \
		lint-smtp-errors lint-changelog lint-licences lint-build

.PHONY: lint-format lint-python lint-types lint-yaml lint-ansible lint-docs lint-permissions \
	lint-smtp-errors lint-changelog lint-licences lint-build
lint-format: venv-dev
	@ruff format --check --quiet . || { echo 'The files above are not formatted: make format'; false; }
# What runs on managed hosts has to do with Python 3.7; typing.Protocol is for the types alone.
ON_HOSTS := plugins/module_utils/_smtp plugins/module_utils/_mta plugins/modules/mta_config.py \
	plugins/modules/ses_smtp_test.py
lint-python: venv-dev
	@ruff check .
	@vermin --quiet --no-tips --violations --target=3.7- --exclude typing.Protocol $(ON_HOSTS)
lint-types: tree
	@MYPYPATH=.cache/tree mypy --cache-dir .cache/mypy -p ansible_collections.cloudmail.ses.plugins
	@MYPYPATH=.cache/tree:roles/ses_simulator/files mypy --cache-dir .cache/mypy -p ses_simulator
lint-yaml: venv-dev
	@yamllint --strict .
lint-ansible: tree
	@cd $(TREE) && ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/.cache/tree" ansible-lint --offline -q
lint-docs: tree
	@cd $(TREE) && ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/.cache/tree" \
		GIT_CEILING_DIRECTORIES="$(CURDIR)" antsibull-docs lint-collection-docs --plugin-docs \
		--validate-collection-refs=dependent --skip-rstcheck .
lint-permissions: venv-dev
	@.venv/bin/python scripts/permissions.py --check
lint-smtp-errors: venv-dev
	@.venv/bin/python scripts/smtp_errors.py --check
lint-changelog: venv-dev
	@antsibull-changelog lint
lint-licences:
	@$(PYTHON) scripts/licences.py
lint-build: collection
	@ansible-doc --type module --list cloudmail.ses >/dev/null

format: venv-dev ## put the Python files into their format
	@ruff check --quiet --select I --fix . && ruff format .

sanity: venv-dev ## ansible-test sanity; one test: make sanity ARGS="--test import"
	@.venv/bin/python scripts/sanity.py $(ARGS)

unit: venv-dev ## unit tests and the simulator's tests; some: make unit ARGS="-k password"
	@pytest -n logical $(ARGS)

report-test: browser-dev ## the playbook verify, and its report in Chromium
	@pytest -n logical --dist loadfile tests/report $(ARGS)

# Its addresses are loopback ones, which a proxy for HTTP knows nothing of.
THROUGHPUT = no_proxy='*' NO_PROXY='*' .venv/bin/python tests/benchmark/simulator_throughput.py --require 200
throughput: venv ## messages a second that the simulator takes: 200 or more
	@$(THROUGHPUT) --messages 800

fleet-test: hosts-dev collection ## the tests on real hosts, which this makes (root)
	@ansible-playbook -i $(INVENTORY) tests/fleet/create.yml
	@pytest tests/fleet $(ARGS)

SCENARIOS ?= postfix exim sendmail opensmtpd msmtp nullmailer
molecule: venv-dev ## the role in molecule, on every mail server; one: make molecule SCENARIOS=exim (root)
	@scripts/each $(SCENARIOS:%=molecule-%)
	@.venv/bin/python scripts/mta_matrix.py --check
molecule-%: hosts-dev collection
	@rm -f .cache/molecule/$*.json
	@cd extensions && molecule --base-config molecule/base.yml test --no-command-borders --scenario-name $* $(ARGS)

benchmark: hosts-dev collection ## runs on eight hosts against a ping; ses_smtp_test against smtplib; throughput, for longer (root)
	@$(THROUGHPUT)
	@no_proxy='*' NO_PROXY='*' .venv/bin/python tests/benchmark/smtp_test.py
	@ansible-playbook -i tests/benchmark/inventory.yml tests/fleet/create.yml
	@.venv/bin/python tests/benchmark/run.py $(ARGS)

# ---- releases, and the way back

.PHONY: changelog clean
changelog: venv-dev ## turn the changelog fragments into CHANGELOG.md for the version of galaxy.yml
	@antsibull-changelog release

clean: ## remove what all this made: hosts, network, base images, .venv and .cache
	@scripts/clean
