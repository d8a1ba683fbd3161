# `make run` and `make test` are all that a newcomer needs; both install what is missing first.

SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := $(CURDIR)/node_modules/.bin
NODE_FOLDER = $(CURDIR)/node_modules/node-linux-$(if $(filter aarch64,$(shell uname -m)),arm64,x64)
PACKAGES := $(shell sed '/^\#/d' system/packages.txt)
CONFORMANCE_PACKAGES := $(shell sed '/^\#/d' system/packages-conformance.txt)
BENCH_PACKAGES := $(shell sed '/^\#/d' system/packages-bench.txt)
UI_SOURCES := $(shell find ui -type f -not -path 'ui/dist/*' 2>/dev/null)
MACHINE_PATH := $(PATH)
export PATH := $(BIN):$(PATH)

.PHONY: help setup run sim check test bench quality hardware conformance image
help:
	@sed -n 's/^\([a-z]*\):.*## /  make \1  /p' Makefile

setup: debian node_modules/.native node_modules/.joined ui/dist/index.html ## install Debian and npm packages, build native modules and the screen

.PHONY: debian debian-conformance debian-bench
debian: WANTED := $(PACKAGES)
debian-conformance: WANTED := $(CONFORMANCE_PACKAGES)
debian-bench: WANTED := $(BENCH_PACKAGES)
debian debian-conformance debian-bench:
	@missing=$$(for p in $(WANTED); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then \
	  echo "installing Debian packages:" $$missing; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi

# npm leaves out optional packages that the Node it runs on is too old for. So the first run fetches our Node, and where
# the machine's own is another major version, a second run on ours makes it complete. Older npm does not link it either.
NPM_CI := npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
node_modules/.installed: package.json package-lock.json
	$(NPM_CI)
	@if [ "$$(PATH=$(MACHINE_PATH) node --version | cut -d. -f1)" != v24 ]; then \
	  runtime=$$(mktemp -d) && cp $(NODE_FOLDER)/bin/node $$runtime/node && \
	  PATH=$$runtime:$(MACHINE_PATH) $(NPM_CI); done=$$?; rm -r $$runtime; exit $$done; \
	fi
	@ln -sf $(NODE_FOLDER)/bin/node $(BIN)/node
	@touch $@

# Only these two ship no binaries; they compile against the headers of the Node that runs them.
node_modules/.native: node_modules/.installed | debian
	@for m in pcsclite pkcs11js; do \
	  $(BIN)/node node_modules/node-gyp/bin/node-gyp.js rebuild --nodedir=$(NODE_FOLDER) -C node_modules/$$m >node_modules/.$$m.log 2>&1 \
	  || { cat node_modules/.$$m.log; exit 1; }; done
	@touch $@

# 679 modules, of which each process of the appliance would link most at its start.
node_modules/.joined: node_modules/.installed system/join-package.ts
	@node system/join-package.ts node_modules/typebox
	@touch $@

ui/dist/index.html: node_modules/.installed $(UI_SOURCES)
	@vite build --config ui/vite.config.ts --logLevel warn
	@touch $@

run: setup ## run the kiosk on the attached devices, or on simulators where there are none
	@if device/cli.ts devices --require scanner >/dev/null 2>&1; \
	then exec device/cli.ts serve --data var/data; \
	else exec node test/sim/cli.ts appliance --folder var/sim; fi

sim: setup ## run the kiosk on simulators, whatever is attached
	@exec node test/sim/cli.ts appliance --folder var/sim

check: setup ## type check and lint
	tsc --noEmit
	biome check --error-on-warnings

test: check ## type check, lint and all tests
	vitest run --config test/vitest.config.ts

bench: setup debian-bench ## measure against other programs, side by side
	node test/bench/main.ts

QUALITY_DATA ?=
quality: setup debian-bench ## measure straightening, turning, cropping and blank pages against known truth; exits 1 on a broken promise
	node test/quality/main.ts $(if $(QUALITY_DATA),--data $(QUALITY_DATA))

hardware: ## contract tests on the attached devices
	@echo 'make hardware: will run the contract suites of test/contract on the devices that are attached. Nothing was run.'

conformance: setup oracles ## signatures and files before the validators of others
	node test/conformance/main.ts

# Validators of others, by Maven and PyPI, kept under var/ and never part of the appliance.
JAVA_ORACLES := dss verapdf autofirma
.PHONY: oracles
oracles: $(JAVA_ORACLES:%=var/oracles/%/classes/Jobs.class) var/oracles/python/.installed var/oracles/moto/.installed
.SECONDARY: $(JAVA_ORACLES:%=var/oracles/%/classpath)

var/oracles/%/classpath: test/oracles/%/pom.xml | debian-conformance
	@mkdir -p $(@D)
	@echo 'fetching $* with what it needs'
	@mvn -B -l $@.log -f $< dependency:build-classpath -Dmdep.outputFile=$(CURDIR)/$@ >/dev/null || { cat $@.log; exit 1; }

.SECONDEXPANSION:
var/oracles/%/classes/Jobs.class: test/oracles/jvm/Jobs.java $$(wildcard test/oracles/%/*.java) var/oracles/%/classpath
	@javac -nowarn -cp $$(cat var/oracles/$*/classpath) -d $(@D) $(filter %.java,$^)

var/oracles/python/.installed: test/oracles/pyhanko/requirements.txt | debian-conformance
	@echo 'fetching pyHanko and certomancer'
	@python3 -m venv var/oracles/python
	@var/oracles/python/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

var/oracles/moto/.installed: test/oracles/moto/requirements.txt | debian-conformance
	@echo 'fetching moto'
	@python3 -m venv var/oracles/moto
	@var/oracles/moto/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Other people's programs that `make bench` measures ours against; what is not there is left out.
.PHONY: bench-peers
bench-peers: oracles var/bench-peers/.installed
var/bench-peers/.installed: Makefile
	@npm install --prefix $(@D) --ignore-scripts --no-audit --no-fund --loglevel=error @libpdf/core@0.4.2
	@var/oracles/python/bin/pip install --quiet --disable-pip-version-check --no-deps --upgrade --target $(@D)/python pyhanko-cli==0.6.0 python-pkcs11==0.10.1
	@touch $@

image: ## the operating system image
	@echo 'make image: will build the read-only Debian image of the kiosk from system/. Nothing was built.'
