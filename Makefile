# `make help` lists what there is to run. Everything runs from a virtualenv in .venv and
# from the collection as users install it, in .cache/collections.

.DEFAULT_GOAL := help
.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
