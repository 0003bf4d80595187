# `make help` lists what there is to run. Everything runs from a virtualenv in .venv and from
# the collection as users install it, in .cache/collections.

PYTHON ?= python3
INVENTORY ?= tests/fleet/inventory.yml
export PYTHON

# Nothing of the user's own Ansible or AWS set-up reaches a run.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export ANSIBLE_HOME := $(CURDIR)/.cache/ansible
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.cache/collections
export ANSIBLE_LOCALHOST_WARNING := false
export ANSIBLE_RETRY_FILES_ENABLED := false
export CONTAINERS_CONF := $(CURDIR)/.cache/containers.conf

COLLECTION := .cache/collections/ansible_collections/cloudmail/ses
SOURCES := $(shell find galaxy.yml COPYING README.md CHANGELOG.md changelogs/changelog.yaml \
	meta plugins roles playbooks docs -type f ! -name '*.pyc' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---- what others build on

.PHONY: venv venv-dev hosts
venv:
	@scripts/bootstrap run
venv-dev:
	@scripts/bootstrap dev
hosts:
	@scripts/bootstrap run hosts

# Built and installed like a release, so that what runs is what users get
.PHONY: collection
collection: $(COLLECTION)/MANIFEST.json
$(COLLECTION)/MANIFEST.json: $(SOURCES) | venv
	@rm -rf .cache/build $(COLLECTION) && mkdir -p .cache/build
	@ansible-galaxy collection build --output-path .cache/build >/dev/null
	@ansible-galaxy collection install --no-deps --offline -p .cache/collections \
		.cache/build/cloudmail-ses-*.tar.gz >/dev/null
	@touch $@

.PHONY: env
env: ## print the environment of all this: eval "$$(make -s env)"
	@echo 'export PATH="$(CURDIR)/.venv/bin:$$PATH"'
	@$(foreach name,ANSIBLE_HOME ANSIBLE_COLLECTIONS_PATH CONTAINERS_CONF,echo 'export $(name)="$($(name))"';)

# ---- checks and tests

.PHONY: unit
unit: venv-dev ## unit tests and the simulator's tests; one: make unit ARGS="-k password"
	@pytest $(ARGS)

# ---- test hosts

.PHONY: fleet fleet-stop
fleet: hosts collection ## make the test hosts: Debian 11, 12 and 13 in containers (root)
	@ansible-playbook -i $(INVENTORY) tests/fleet/create.yml
fleet-stop: hosts ## remove the test hosts and their network
	@ansible-playbook -i $(INVENTORY) tests/fleet/destroy.yml
