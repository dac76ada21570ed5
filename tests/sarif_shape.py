"""The structure that SARIF 2.1.0 requires of what we write, by the sections of its specification."""

from typing import Any


def check_sarif(log: dict[str, Any]) -> None:
    """Hold a log against it; section numbers are the specification's."""
    assert set(log) == {"$schema", "version", "runs"}  # 3.13
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert set(run) == {"tool", "columnKind", "invocations", "results"}  # 3.14
    assert run["columnKind"] in {"utf16CodeUnits", "unicodeCodePoints"}
    driver = run["tool"]["driver"]
    assert driver["name"]  # 3.19.8
    ids = [rule["id"] for rule in driver["rules"]]
    for rule in driver["rules"]:  # 3.49
        assert all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help"))
    for invocation in run["invocations"]:  # 3.20
        assert isinstance(invocation["executionSuccessful"], bool)
        for said in invocation.get("toolExecutionNotifications", []):  # 3.58
            assert said["message"]["text"]
            assert said["level"] in {"none", "note", "warning", "error"}
    for result in run["results"]:  # 3.27
        _check_result(result, ids)


def _check_result(result: dict[str, Any], ids: list[str]) -> None:
    assert result["ruleId"] == ids[result["ruleIndex"]]  # 3.27.5, 3.27.6
    assert result["level"] in {"note", "warning", "error"}  # 3.27.10
    assert result["message"]["text"]  # 3.27.11
    assert all(isinstance(value, str) for value in result["partialFingerprints"].values())  # 3.27.17
    (location,) = result["locations"]  # 3.28
    uri = location["physicalLocation"]["artifactLocation"]["uri"]  # 3.4.3: a URI reference
    assert uri
    assert not set(uri) & set(' "<>\\^`{|}:/?#[]@')
    assert uri.isascii()
    for place in location.get("logicalLocations", []):  # 3.33
        assert place["kind"] == "resource"
        assert isinstance(place["fullyQualifiedName"], str)
