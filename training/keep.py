"""What a run leaves behind: the best weights, all that is chosen on dev, and the model's card."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from phoihop.data.document import Document
from phoihop.model.card import TOKENIZER_FILE, ModelCard
from phoihop.model.joint import JointModel
from phoihop.training.calibration import calibrate
from phoihop.training.device import device_name
from phoihop.training.encoders import pretraining_report
from phoihop.training.examples import Example
from phoihop.training.feature_crf import learn_features
from phoihop.training.loop import JointTrainer, current_card, main_figures
from phoihop.training.model_card import write_model_card
from phoihop.training.runs import DATA_FILE, versions, write_json
from phoihop.training.thresholds import choose_feature_weight, choose_thresholds


def keep_best(
    trainer: JointTrainer, card: ModelCard, examples: Sequence[Example], output: Path, minutes: float
) -> dict[str, Any]:
    """Choose on dev what the best weights need, write the model folder and ``metrics.json``.

    Args:
        trainer: after training, its model holding the best weights.
        card: schema, reading, reach and repeats.
        examples: the training articles, from which the features beside the network are learnt.
        output: the run folder.
        minutes: how long training took.

    Returns:
        the dev figures.
    """
    model: JointModel = trainer.model  # type: ignore[assignment]
    dev: Sequence[Document] = trainer.eval_dataset  # type: ignore[assignment]
    config = trainer.settings
    model.eval()
    card = current_card(card, model)
    if config.features:
        trainer.features = learn_features(examples, card.schema, config.features, config.seed)
        weight = choose_feature_weight(trainer.extractor(replace(card, feature_weight=1.0)), dev)
        card = replace(card, feature_weight=weight)
    calibration = calibrate(trainer.extractor(card), dev)
    card = replace(card, temperature={what: c.temperature for what, c in calibration.items()})
    card = replace(card, thresholds=choose_thresholds(trainer.extractor(card), dev))
    evaluation = trainer.dev_evaluation(card)
    figures = main_figures(evaluation, card.schema)
    about = {
        "trained_on_articles": len(examples),
        "dev_articles": len(dev),
        "minutes": round(minutes, 1),
        "device": device_name(),
        "seed": config.seed,
        "dev": figures,
        "encoder": pretraining_report(config.encoder),
        "features": len(trainer.features.keys) if trainer.features and card.feature_weight else 0,
        "calibration": {what: c.to_dict() for what, c in calibration.items()},
        "data": json.loads((output / DATA_FILE).read_text(encoding="utf-8")),
        "versions": versions(),
        "settings": config.to_dict(),
    }
    folder = output / "model"
    folder.mkdir(parents=True, exist_ok=True)
    replace(card, about=about).save(folder)
    write_model_card(folder, about, evaluation)
    trainer.tokenizer.backend.save(str(folder / TOKENIZER_FILE), pretty=False)
    model.save_pretrained(folder)
    if trainer.features is not None and card.feature_weight:
        trainer.features.save(folder)
    write_json(output / "metrics.json", figures)
    return figures
