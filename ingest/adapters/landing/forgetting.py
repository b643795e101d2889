"""Forgetting: what mentions an object is taken out of an answer, wherever it stands, and the rest stays.

An id that begins with the object's and an underscore is a part of it: a comment of a post, a post of a Page.
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from ingest.adapters.landing.envelope import Batch, Received, Request
from ingest.adapters.landing.removals import id_sha256

ID = re.compile(r"[A-Za-z0-9_]{3,128}", re.ASCII)
ERASED = "erased"
"""The edge of a line of which nothing is left: it keeps its place, so that the others keep theirs."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Objects that must not be kept, by the SHA-256 of their ids."""

    hashes: Collection[str]

    @classmethod
    def of(cls, object_id: str) -> "Forgotten":
        """One object."""
        return cls(frozenset({id_sha256(object_id)}))

    def names(self, text: str) -> bool:
        """Whether a text mentions one of them."""
        return bool(self.hashes) and any(id_sha256(one) in self.hashes for one in _ids_in(text))

    def without(self, value: Any) -> Any:
        """The JSON value without every object and element that mentions one of them; None when nothing is left."""
        if isinstance(value, dict):
            if any(not isinstance(one, dict | list) and self.names(str(one)) for one in value.values()):
                return None
            kept = {name: self.without(one) for name, one in value.items()}
            return {name: one for name, one in kept.items() if one is not None or value[name] is None}
        if isinstance(value, list):
            kept_elements = [(one, self.without(one)) for one in value]
            return [after for before, after in kept_elements if after is not None or before is None]
        return None if isinstance(value, str | int) and self.names(str(value)) else value

    def sifted(self, batch: Batch) -> Batch:
        """A batch without them; the same one when it mentions none."""
        if not self.hashes:
            return batch
        return replace(batch, answers=tuple(self._answer(one) for one in batch.answers))

    def _answer(self, answer: Received) -> Received:
        if not self.names(answer.body.decode("utf-8", errors="replace")):
            return answer
        left = self.without(json.loads(answer.body))
        if left is None or self.names(answer.request.object_id):
            return replace(answer, request=Request(ERASED, ""), body=b"{}")
        return replace(answer, body=json.dumps(left, ensure_ascii=False, separators=(",", ":")).encode())

    def line(self, line: bytes) -> bytes:
        """A landed line without them; the same bytes when it mentions none."""
        if not self.names(line.decode("utf-8", errors="replace")):
            return line
        facts = json.loads(line)
        head = {name: facts[name] for name in facts if name not in ("body", "is_cleaned")}
        body = None if self.without(head) != head else self.without(facts["body"])
        if body is None:
            head["request"] = Request(ERASED, "").as_json()
            head["account_id"] = "" if self.names(str(head["account_id"])) else head["account_id"]
        text = json.dumps({} if body is None else body, ensure_ascii=False, separators=(",", ":")).encode()
        head["body_sha256"] = hashlib.sha256(text).hexdigest()
        return json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()[:-1] + b',"body":' + text + b"}"


def _ids_in(text: str) -> Iterator[str]:
    """Every id in a text, and what each begins with before an underscore."""
    for match in ID.finditer(text):
        parts = match.group().split("_")
        yield from ("_".join(parts[:count]) for count in range(1, len(parts) + 1))
