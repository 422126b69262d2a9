# `make run` and `make test` set everything up themselves (see .ci/setup); the second time they start at once.
.DEFAULT_GOAL := help
.PHONY: help run test matrix fuzz formats benchmark lint format lock body clean

BIN := .venv/bin
READY := .venv/.ready
# Without a screen of the caller's: pytest-xvfb starts a virtual one, so no window appears and no setting leaks in.
PYTEST := env -u DISPLAY -u WAYLAND_DISPLAY -u QT_QPA_PLATFORM $(BIN)/python -m pytest

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

$(READY): requirements.lock pyproject.toml .ci/setup
	@PYTHON="$(PYTHON)" .ci/setup

run: $(READY)  ## make the demo project in demo-out and show it (CLIP=path: of your own video)
	$(BIN)/betascope demo --out demo-out $(if $(CLIP),--clip "$(CLIP)")

# In a process beside pytest's own, so that a crash fails one test; what failed runs once more and is named.
test: $(READY)  ## run the tests
	$(PYTEST) -n 1 --reruns 1 -r fER

matrix: $(READY)  ## seek and step in every kind of video file, 600 frames each (20 minutes)
	$(PYTEST) -m slow -n 1 tests/annotation/test_video_matrix.py

fuzz: $(READY)  ## read 10,000 damaged files of every format (15 minutes)
	$(PYTEST) -m slow -s tests/annotation/formats/test_fuzz_long.py

formats: .venv-formats/.ready  ## let other tools read what we write, and us what they write (needs about 1 GB)
	env -u DISPLAY -u WAYLAND_DISPLAY -u QT_QPA_PLATFORM .venv-formats/bin/python -m pytest -W default -rs tests/annotation/formats/test_other_tools.py

# The extra test-formats beside the packages of .venv, which stay as they are.
.venv-formats/.ready: $(READY)
	$(BIN)/python -m venv .venv-formats
	$(BIN)/python -c "import sysconfig; print(sysconfig.get_path('purelib'))" \
		> "$$(.venv-formats/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/project.pth"
	.venv-formats/bin/python -c "import tomllib; \
		print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['test-formats'], sep='\n')" \
		> .venv-formats/requirements.txt
	.venv-formats/bin/python -m pip install --quiet --requirement .venv-formats/requirements.txt
	touch $@

benchmark: $(READY)  ## run the benchmarks; they print ratios measured in one run
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(PYTEST) -m benchmark -s tests/benchmarks

lint: $(READY)  ## check import directions, style and types
	$(BIN)/lint-imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)  ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What torch brings along for CUDA stays out: it differs between machines.
lock: $(READY)  ## write requirements.lock from .venv
	@sed '/^[^#]/,$$d' requirements.lock > requirements.lock.new
	@$(BIN)/python -m pip freeze --all --exclude-editable \
		| sed -E 's/^torch( @ .*|==([0-9.]+).*)$$/torch==\2/' \
		| grep -E '^[A-Za-z0-9_.-]+==' | grep -v -i -E '^(pip|betascope|triton|nvidia-.*|cuda-.*)==' >> requirements.lock.new
	@mv requirements.lock.new requirements.lock

body: .venv-body/.ready  ## rebuild the built-in body in resources/body (needs about 3 GB)
	.venv-body/bin/python -m inference.build_body --out resources/body/betascope.npz

.venv-body/.ready: $(READY)
	$(BIN)/python -m venv .venv-body
	.venv-body/bin/python -m pip install --quiet --constraint requirements.lock torch scipy anny==0.6.2
	touch $@

clean:  ## remove the environments and what the tools left behind
	rm -rf .venv .venv-body .venv-formats build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
