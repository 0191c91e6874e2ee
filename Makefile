# Everything runs in .venv, which the first target builds from plain Python 3.11 to 3.13.

PYTHON ?= python3
SHELL := /bin/bash
INSTALLED := .venv/.installed
TREE := build/tree/edgeprune
PARTS := cli interface contracts pipeline pruning keras_models dataset_io tflite_export
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast golden check lint types imports tree format lock clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

demo: $(INSTALLED)  ## run the main job on the sample models, into demo/
	@rm -rf demo && mkdir demo
	edgeprune inspect sample_models/digits_mlp.h5
	edgeprune prune sample_models/digits_mlp.h5 --method magnitude --sparsity 0.9 --epochs 20 --batch-size 32 \
		--data sample_models/digits.npz --output demo/digits_mlp.h5
	edgeprune sweep sample_models/digits_mlp.h5 --thresholds 0:0.1:0.02 --epochs 10 --batch-size 32 \
		--data sample_models/digits.npz --output demo/sweep.csv --plot demo/sweep.png
	edgeprune export demo/digits_mlp.h5 --quantize int8 --data sample_models/digits.npz --tflite demo/digits_mlp.tflite
	edgeprune prune sample_models/fraud_mlp.keras --threshold 0.05 --metric auc --epochs 3 \
		--data sample_models/fraud.npz --output demo/fraud_mlp.keras --tflite demo/fraud_mlp.tflite
	edgeprune benchmark sample_models/digits_mlp.h5 demo/digits_mlp.h5 demo/digits_mlp.tflite \
		--data sample_models/digits.npz
	@echo && echo "The files are in demo/: the plot is demo/sweep.png, the table demo/sweep.csv." && ls -l demo

test: $(INSTALLED)  ## run the tests
	python -m pytest

test-fast: $(INSTALLED)  ## run the tests that need no TensorFlow
	python -m pytest --without-tensorflow

golden: $(INSTALLED)  ## write the help texts and lists of plug-ins anew that the tests compare
	python -m tests.golden

check: lint types imports  ## lint, formatting, types, order of imports

lint: $(INSTALLED)
	ruff check .
	ruff format --check .

types: $(INSTALLED) tree
	mypy

imports: $(INSTALLED) tree
	cd build/tree && lint-imports --config ../../pyproject.toml --no-logo

tree:
	@rm -rf $(TREE) && mkdir -p $(TREE) && cp -r edgeprune/* $(PARTS) $(TREE)

format: $(INSTALLED)  ## format the sources
	ruff format .
	ruff check --fix .

clean:  ## remove the environment, the demo's files and all caches
	rm -rf .venv demo build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

lock: $(INSTALLED)  ## write requirements.lock anew; with UPGRADE=--upgrade, for the newest versions that are allowed
	$(PYTHON) -m venv build/uv && build/uv/bin/python -m pip install --quiet --disable-pip-version-check uv
	build/uv/bin/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --extra dev --generate-hashes \
		--custom-compile-command 'make lock' pyproject.toml --output-file requirements.lock

$(INSTALLED): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info[:2] <= (3, 13) else \
		f"error: Python 3.11 to 3.13 is needed, $(PYTHON) is {sys.version.split()[0]}; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(INSTALLED)
