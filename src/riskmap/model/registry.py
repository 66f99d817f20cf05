"""Fitted models on disk: written whole, signed, and read only after the signature was checked.

models/.signing-key                        made at first use; who has it can make this system trust a file
models/<area>/<as_of>-<hash>/trees.skops   the trees of what is expected and of the need, without pickle
                             card.json     everything else, and what the model was made from
                             signature     HMAC-SHA256 over both
models/<area>/history.json                 which model is in use, and was (model/promotion.py)
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any

from sklearn.ensemble import HistGradientBoostingRegressor

from riskmap.errors import ModelError
from riskmap.model.baselines import Baseline
from riskmap.model.excitation import Excitation
from riskmap.model.gates import Calibration
from riskmap.model.risk_model import RiskModel
from riskmap.snapshot import canonical_json, publish_folder
from riskmap.study import Study

TRUSTED_TYPES = ["sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"]
NEEDED_AS_THEY_WERE = ("scikit-learn", "h3")
"""What reads the trees and what numbers the cells: with another version a model is fitted anew."""
LIBRARIES = ("riskmap", "scikit-learn", "numpy", "pandas", "h3", "h3ronpy")
FORM = 4
"""Of what a card says of its model; one of another form is fitted anew. Since 4 the need has trees of its own."""
_PARTS = ("trees.skops", "card.json")
# One at a time: numpy reads the heads of arrays by the compiler of literals, which before Python 3.11.8 fails now and
# then where two threads use it at once (https://github.com/python/cpython/issues/106905).
_READING = Lock()


def library_versions() -> dict[str, str]:
    """Return the versions that a fitted model depends on."""
    return {name: version(name) for name in LIBRARIES}


def _signing_key(study: Study) -> bytes:
    path = study.home / "models" / ".signing-key"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        staging = path.with_name(f"{path.name}.{os.getpid()}")
        handle = os.open(staging, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(32))
        try:
            os.link(staging, path)  # fails, rather than replaces, where another process was first
        except FileExistsError:
            pass
        finally:
            staging.unlink()
    return bytes.fromhex(path.read_text(encoding="ascii"))


def _signature(study: Study, folder: Path, model_id: str) -> str:
    """Return the HMAC over a model's name and files; lengths are signed too, so that no byte can change sides."""
    digest = hmac.new(_signing_key(study), model_id.encode() + b"\0", hashlib.sha256)
    for part in _PARTS:
        content = (folder / part).read_bytes()
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def save_model(study: Study, model_id: str, model: RiskModel, card: dict[str, Any]) -> Path:
    """Write a model with its card and signature; one that is there already is left as it is.

    Parameters
    ----------
    card
        What the model was made from: as_of, inputs, seed and the like; the model's own settings are added.
    """
    settings = {
        "form": FORM,
        "baseline": asdict(model.baseline),
        "excitation": asdict(model.excitation),
        "shrinkage": model.shrinkage,
        "feature_names": list(model.feature_names),
        "horizon": model.horizon,
        "dispersion_edges": list(model.dispersion_edges),
        "dispersions": list(model.dispersions),
        "calibration": asdict(model.calibration),
        "rows": model.rows,
        "events": model.events,
        "trees": int(model.trees.n_iter_),
    }

    import skops.io  # takes a second and a half, and few ask for more than a card

    def fill(folder: Path) -> None:
        skops.io.dump([model.trees, model.need_trees], folder / "trees.skops")
        content = {**card, "model_id": model_id, "model": settings, "versions": library_versions()}
        (folder / "card.json").write_text(canonical_json(content), encoding="utf-8")
        (folder / "signature").write_text(_signature(study, folder, model_id), encoding="ascii")

    return publish_folder(study.models_folder / model_id, fill)


def read_card(study: Study, model_id: str) -> dict[str, Any]:
    """Return a model's card, its signature checked.

    Raises
    ------
    ModelError
        If there is no such model, or it was altered or made elsewhere.
    """
    return _checked_card(study, model_id)[0]


def _checked_card(study: Study, model_id: str) -> tuple[dict[str, Any], str]:
    """Return a model's card and its signature, which was checked and so stands for the contents of its files."""
    folder = study.models_folder / model_id
    if Path(model_id).name != model_id or not all((folder / name).is_file() for name in (*_PARTS, "signature")):
        known = ", ".join(list_models(study)) or "-"
        raise ModelError(
            "Area {area} has no model {model_id!r}; there are: {known}.", area=study.id, model_id=model_id, known=known
        )
    signature = (folder / "signature").read_text(encoding="utf-8", errors="replace").strip()
    if not hmac.compare_digest(signature.encode(), _signature(study, folder, model_id).encode()):
        raise ModelError(
            "Model {model_id} is refused: it was altered or not made here. Fit a new one with `riskmap models train`.",
            model_id=model_id,
        )
    card: dict[str, Any] = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    return card, signature


def other_library(card: Mapping[str, Any]) -> str | None:
    """Return the first library of NEEDED_AS_THEY_WERE that is installed in another version than the card names."""
    versions = card["versions"]
    return next((name for name in NEEDED_AS_THEY_WERE if versions.get(name) != version(name)), None)


def is_outdated(card: Mapping[str, Any]) -> bool:
    """Return whether a model cannot be read any more by what is installed, and must be fitted anew."""
    return card["model"].get("form") != FORM or other_library(card) is not None


def load_model(study: Study, model_id: str) -> RiskModel:
    """Return a fitted model; nothing of the file is parsed before its signature was checked.

    Raises
    ------
    ModelError
        As `read_card`, or if it was fitted by another version of this system, or with one of scikit-learn or h3.
    """
    card, signature = _checked_card(study, model_id)
    settings = card["model"]
    if settings.get("form") != FORM:
        raise ModelError(
            "Model {model_id} was fitted by another version of this system. Fit it anew.", model_id=model_id
        )
    library = other_library(card)
    if library is not None:
        raise ModelError(
            "Model {model_id} needs {library} {needed}; {installed} is installed. Fit it anew.",
            model_id=model_id,
            library=library,
            needed=card["versions"].get(library, "?"),
            installed=version(library),
        )
    with _READING:
        trees, need_trees = _read_trees(study.models_folder / model_id, signature)
    exciting = settings["excitation"]
    return RiskModel(
        Baseline(**settings["baseline"]),
        Excitation(tuple(exciting["names"]), tuple(exciting["weights"]), exciting["constant"], exciting["level"]),
        trees,
        need_trees,
        settings["shrinkage"],
        tuple(settings["feature_names"]),
        settings["horizon"],
        tuple(settings["dispersion_edges"]),
        tuple(settings["dispersions"]),
        Calibration(**settings["calibration"]),
        settings["rows"],
        settings["events"],
    )


@lru_cache(maxsize=4)
def _read_trees(
    folder: Path, signature: str
) -> tuple[HistGradientBoostingRegressor, HistGradientBoostingRegressor | None]:
    """Return the trees of what is expected and of the need; of files with the same signature those read before."""
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    del signature
    try:
        trees, need_trees = skops.io.load(folder / "trees.skops", trusted=TRUSTED_TYPES)
    except UntrustedTypesFoundException as foreign:
        raise ModelError(
            "Model {model_id} holds foreign types: {types}.", model_id=folder.name, types=str(foreign)
        ) from None
    return trees, need_trees


def list_models(study: Study) -> list[str]:
    """Return the ids of the area's models, oldest as_of first."""
    return sorted(path.parent.name for path in study.models_folder.glob("[!.]*/card.json"))
