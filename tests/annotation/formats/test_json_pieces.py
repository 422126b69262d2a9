"""JSON in pieces: the same values and the same refusals as the standard library's parser."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotation.formats.json_pieces import given_up, json_pieces, load_pieces

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(value=values, indent=st.sampled_from([None, 0, 2]), data=st.data())
def test_whole_and_damaged_files_are_read_as_json_reads_them(
    tmp_path: Path, value: object, indent: int | None, data: st.DataObject
) -> None:
    text = json.dumps(value, indent=indent)
    cut = data.draw(st.integers(0, len(text)))
    sign = data.draw(st.sampled_from(["", ",", "]", "}", '"', "[", " ", "x", ":"]))
    for content in (text, text[:cut], text[:cut] + sign + text[cut:]):
        path = tmp_path / "a.json"
        path.write_text(content)
        try:
            expected = json.loads(content)
        except ValueError:
            with pytest.raises(json.JSONDecodeError):
                load_pieces(path)
        else:
            assert load_pieces(path) == expected


@given(value=values)
def test_pieces_are_what_json_writes(value: object) -> None:
    assert b"".join(json_pieces(value)).decode() == json.dumps(value)


@pytest.mark.parametrize("value", [float("nan"), [1, {"a": float("inf")}]])
def test_what_is_no_number_is_not_written(value: object) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        list(json_pieces(value))


def test_a_mark_of_byte_order_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf {"a": [1, {"b": []}]}\n')
    assert load_pieces(tmp_path / "a.json") == {"a": [1, {"b": []}]}


def test_what_is_given_up_comes_in_order_and_is_gone() -> None:
    items = [1, 2, 3]
    assert next(given_up(items)) == 1 and len(items) == 2
    assert list(given_up([1, 2, 3])) == [1, 2, 3]
