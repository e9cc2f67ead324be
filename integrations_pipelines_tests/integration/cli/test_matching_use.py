"""`integrations matching use`: weights of one's own in the live tier, tried first, and gone back from."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from integrations_pipelines.resolution.scoring import untrained_model
from integrations_pipelines_tests.integration.cli.conftest import House
from integrations_pipelines_tests.integration.cli.test_erasure import every_row
from integrations_pipelines_tests.integration.cli.test_scored_questions import OTHER, SUSANNE, asked

__all__ = ["asked"]
PAIR = ("explain", "crm:people:1", "shop:users:2")


def weights(folder: Path, **more: Any) -> Path:
    """Write a model by which a telephone number says next to nothing."""
    document = json.loads(json.dumps(dict(untrained_model().document)))
    for row in document["kinds"]["phone"]["value"]:
        row["u"] = min(0.99, row["m"])
        row.pop("rare", None)
    path = folder / "model.json"
    path.write_text(json.dumps({**document, "version": "ours-1", "entity_type": "person", **more}))
    return path


def open_questions(house: House) -> int:
    query = "select count(*) from resolution.review_item where status = 'open'"
    with house.hub.engine.begin() as connection:
        return int(connection.execute(text(query)).scalar_one())


def test_own_weights_are_tried_used_and_gone_back_from(asked: House, tmp_path: Path) -> None:
    path, before = str(weights(tmp_path)), asked.json(*PAIR)
    rows = every_row(str(asked.settings.database_url))
    tried = asked.json("matching", "use", path, "--dry-run")
    assert every_row(str(asked.settings.database_url)) == rows
    assert (tried["differences"]["counts"]["settled"], open_questions(asked)) == (1, 1)

    used = asked.json("matching", "use", path)
    assert {**used, "is_dry_run": True} == tried
    assert open_questions(asked) == 0
    after = asked.json(*PAIR)
    assert after["score"]["probability"] < before["score"]["probability"]
    assert after["model"].startswith("ours-1-colleagues#")
    models = {one["entity_type"]: one["version"] for one in asked.json("matching", "show")["models"]}
    assert models["person"].startswith("ours-1")

    asked.json("matching", "use", "--default", "--entity-type", "person")
    assert (asked.json(*PAIR), open_questions(asked)) == (before, 1)
    query = (
        "select message, created_by from integrations.sync_log where event_type = 'matching.model_promoted'"
    )
    with asked.hub.engine.begin() as connection:
        told = connection.execute(text(query)).all()
    assert [line.split("#")[0] for line, _ in told] == ["person: ours-1-colleagues", told[1][0]]
    assert all(by.startswith("cli:") for _, by in told)


def test_what_is_learnt_under_own_weights_keeps_them(
    asked: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations_pipelines.resolution.scored.promoting.LEAST_RECORDS", 2)
    asked.json("matching", "refresh", "person")
    learnt = asked.json("matching", "show")["models"]
    asked.json("matching", "use", str(weights(tmp_path)))
    assert " learnt " in asked.json("matching", "refresh", "person")["version"]
    assert "ours-1" in asked.json(*PAIR)["model"]
    asked.json("matching", "use", "--default", "--entity-type", "person")
    assert asked.json("matching", "show")["models"] == learnt


def test_a_trained_model_says_what_it_is_for(house: House, tmp_path: Path) -> None:
    rows, path = tmp_path / "rows.jsonl", tmp_path / "trained.json"
    rows.write_text("".join(json.dumps(one) + "\n" for one in (SUSANNE, OTHER)))
    assert (
        house.run("matching", "train", str(rows), "--entity-type", "person", "--out", str(path)).exit_code
        == 0
    )
    assert house.json("matching", "use", str(path), "--dry-run")["entity_type"] == "person"


WRONG: Sequence[tuple[dict[str, Any], str]] = (
    ({"kinds": {}}, "kinds.person_name.family: must be a list of levels"),
    ({"thresholds": {"link": 3, "review": 0.5}}, "thresholds.link: must be between 0 and 1, is 3"),
    ({"thresholds": {"link": 0.6, "review": 0.9}}, "thresholds.review: 0.9 is above thresholds.link"),
    ({"entity_type": "ticket"}, "no scored type"),
    ({"entity_type": None}, "--entity-type"),
)


def test_a_file_that_is_no_model_is_told_by_path(house: House, tmp_path: Path) -> None:
    for change, said in WRONG:
        result = house.run("matching", "use", str(weights(tmp_path, **change)))
        assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
        assert len(result.stderr.strip().splitlines()) == 1


def test_bad_input_of_use_is_one_line(house: House) -> None:
    for words in (("nowhere.json",), (), ("x.json", "--default"), ("--default",)):
        result = house.run("matching", "use", *words)
        assert (result.exit_code, len(result.stderr.strip().splitlines())) == (2, 1), result.stderr
