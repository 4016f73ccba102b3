"""Searching settings with Optuna: each trial is a run like any other, judged by its dev score (extra ``search``)."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from phoihop.data.errors import PhoihopError
from phoihop.training.config import TrainConfig
from phoihop.training.processes import process_state
from phoihop.training.runs import has_checkpoint, write_json

BEST_FILE, STUDY_FILE, LOCK_FILE = "best.json", "study.db", "study.lock"
TRIES = 3  # of a run whose process dies
Space = Mapping[str, list[Any] | Mapping[str, Any]]


def read_space(path: Path) -> dict[str, Any]:
    """What to try, from a TOML file: a list of values for a setting, or ``{low = …, high = …, log = true}``.

    Raises:
        PhoihopError: no TOML, an unknown setting, or a range that is none.
    """
    try:
        space = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PhoihopError(
            f"{path}: cannot be read ({error.strerror}); give a TOML file of settings to try"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PhoihopError(f"{path}: no TOML file: {error}") from None
    known = TrainConfig.load().to_dict()
    for name, choice in space.items():
        if name not in known:
            raise PhoihopError(f"{path}: unknown setting {name!r}; there are {', '.join(known)}")
        if isinstance(choice, dict) and choice.get("log") and not (choice.get("low") or 0) > 0:
            raise PhoihopError(f"{path}: {name!r}: a logarithmic range must begin above 0")
        is_range = isinstance(choice, dict) and {"low", "high"} <= set(choice) <= {"low", "high", "log"}
        numbers = is_range and all(type(choice[k]) in (int, float) for k in ("low", "high"))
        if not (isinstance(choice, list) and choice) and not (numbers and choice["low"] < choice["high"]):
            raise PhoihopError(
                f"{path}: {name!r} must be a list of values or {{low = …, high = …}} with low below high"
            )
    if not space:
        raise PhoihopError(f"{path}: nothing to try; name at least one setting")
    return space


def search(
    space: Space,
    overrides: Mapping[str, str],
    config: Path | None,
    trials: int,
    output: Path,
    run: Callable[[TrainConfig, Path, bool], dict[str, Any]],
) -> dict[str, Any]:
    """Train until ``trials`` runs stand in ``output/trial-N``; the same call again goes on, first of all with the
    runs that were interrupted.

    Args:
        space: what to try; see :func:`read_space`.
        overrides, config: the recipe that is varied, as ``TrainConfig.load`` takes them.
        trials: how many runs in all.
        output: their common folder; the study lies there, too (``study.db``).
        run: trains one: settings, folder, whether it goes on with a checkpoint there.

    Returns:
        the best run's folder, settings and dev figures, also written as ``best.json``.
    """
    if process_state().num_processes > 1:
        raise PhoihopError("a search runs in one process; start it without torchrun or accelerate launch")
    output.mkdir(parents=True, exist_ok=True)
    recipe = TrainConfig.load(config, overrides)
    kinds = {name: type(value) for name, value in recipe.to_dict().items()}

    def objective(trial: Any) -> float:
        chosen = {name: _suggest(trial, name, choice, kinds[name]) for name, choice in space.items()}
        recipe = TrainConfig.load(config, {**overrides, **{k: _written(v) for k, v in chosen.items()}})
        folder = output / _folder(trial)
        try:
            figures = run(recipe, folder, has_checkpoint(folder))
        except KeyboardInterrupt:
            trial.set_user_attr("interrupted", True)
            raise
        except PhoihopError as error:
            raise PhoihopError(f"{error} (delete {folder} to leave this run out)") from None
        trial.set_user_attr("figures", figures)
        print(f"{folder.name}: score {figures['score']:.4f} with {chosen}", flush=True)
        return float(figures["score"])

    with _alone(output):
        study = _study(output, recipe.seed)
        for name, settings in _interrupted(study, output).items():
            study.enqueue_trial(settings, user_attrs={"folder": name})
        done = sum("figures" in t.user_attrs for t in study.trials)
        study.optimize(objective, n_trials=max(0, trials - done))
        best = study.best_trial
        found = {"run": _folder(best), "settings": best.params, "figures": best.user_attrs["figures"]}
        write_json(output / BEST_FILE, found)
    return found


@contextmanager
def _alone(output: Path) -> Iterator[None]:
    """For the one search that may be at work in a folder."""
    try:
        with FileLock(output / LOCK_FILE, timeout=0):
            yield
    except Timeout:
        raise PhoihopError(
            f"{output}: another search is at work here; wait for it or choose another folder"
        ) from None


def _study(output: Path, seed: int) -> Any:
    """The folder's study, gone on with or new."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)  # a trial that fails says so itself
    study = optuna.create_study(
        study_name="phoihop",
        storage=f"sqlite:///{output / STUDY_FILE}",
        direction="maximize",
        load_if_exists=True,
    )
    # Another stream of chance each time, or a search gone on with would try the same again.
    study.sampler = optuna.samplers.TPESampler(seed=seed + len(study.trials))
    return study


def _folder(trial: Any) -> str:
    """The name of a trial's run folder: its own number's, or that of the interrupted one it goes on with."""
    return str(trial.user_attrs.get("folder", f"trial-{trial.number}"))


def _interrupted(study: Any, output: Path) -> dict[str, dict[str, Any]]:
    """Settings of the runs that have a checkpoint and no figures, by folder: those stopped by Ctrl-C, and those whose
    process died, unless they did so ``TRIES`` times."""
    from optuna.trial import TrialState

    begun: dict[str, dict[str, Any]] = {}
    over = {_folder(t) for t in study.trials if t.state in (TrialState.COMPLETE, TrialState.WAITING)}
    for trial in study.trials:
        name = _folder(trial)
        deaths = sum(_folder(t) == name and t.state == TrialState.RUNNING for t in study.trials)
        died = trial.state == TrialState.RUNNING and deaths < TRIES
        if (died or trial.user_attrs.get("interrupted")) and trial.params and has_checkpoint(output / name):
            begun[name] = trial.params
    return {name: settings for name, settings in begun.items() if name not in over}


def _suggest(trial: Any, name: str, choice: list[Any] | Mapping[str, Any], kind: type) -> Any:
    if isinstance(choice, list):
        return trial.suggest_categorical(name, choice)
    low, high, log = choice["low"], choice["high"], bool(choice.get("log", False))
    if kind is int:
        return trial.suggest_int(name, int(low), int(high), log=log)
    return trial.suggest_float(name, float(low), float(high), log=log)


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
