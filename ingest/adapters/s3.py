"""A bucket, or a part of one: the few calls of S3 that landing and publication are made of, and their errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from ingest.domain.errors import SettingsInvalid, StorageFailed

PER_CALL = 1000
MISSING = {"NoSuchKey", "404"}
REFUSED = {"PreconditionFailed", "ConditionalRequestConflict"}
"""What S3 answers when a condition on a write does not hold, or another write is under way."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One object: its bytes, and the tag by which S3 knows this content."""

    content: bytes
    tag: str


@dataclass(slots=True)
class Bucket:
    """The objects of a bucket below a prefix; keys are relative to it."""

    name: str
    prefix: str
    endpoint_url: str | None = None
    _client: Any = field(default=None, repr=False)

    @property
    def uri(self) -> str:
        """What the settings call it."""
        return f"s3://{self.name}/{self.prefix}".rstrip("/")

    @property
    def client(self) -> Any:
        """The S3 client; made when it is first needed, because making it takes a while."""
        if self._client is None:
            import boto3
            from botocore.config import Config

            patient = Config(
                retries={"mode": "standard", "total_max_attempts": 5},
                connect_timeout=3,
                read_timeout=20,
                tcp_keepalive=True,
            )
            self._client = boto3.client("s3", endpoint_url=self.endpoint_url, config=patient)
        return self._client

    def keys(self, below: str = "") -> list[str]:
        """The keys of all objects whose key begins like this, in order."""
        return sorted(self.sizes(below))

    def sizes(self, below: str = "") -> dict[str, int]:
        """How many bytes each object has whose key begins like this."""
        with self._explained("listed"):
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=self._key(below))
            start = len(self._key(""))
            return {one["Key"][start:]: one["Size"] for page in pages for one in page.get("Contents", [])}

    def get(self, key: str) -> Stored | None:
        """An object; None when there is none."""
        from botocore.exceptions import ClientError

        with self._explained(f"read ({key})"):
            try:
                answer = self.client.get_object(Bucket=self.name, Key=self._key(key))
            except ClientError as error:
                if error.response["Error"]["Code"] in MISSING:
                    return None
                raise
            return Stored(answer["Body"].read(), answer["ETag"])

    def put_new(self, key: str, content: bytes | BinaryIO) -> bool:
        """Write an object unless there is one; whether it was written."""
        return self._put(key, content, IfNoneMatch="*")

    def put_over(self, key: str, content: bytes, *, tag: str) -> bool:
        """Write an object in the place of the one with this tag; False when another one lies there now."""
        return self._put(key, content, IfMatch=tag)

    def upload(self, source: Path, key: str) -> None:
        """Write a file of any size under a key that nobody reads yet."""
        from boto3.exceptions import S3UploadFailedError

        with self._explained(f"written ({key})"):
            try:
                self.client.upload_file(str(source), self.name, self._key(key))
            except S3UploadFailedError as error:
                raise self._failed(f"written ({key})", error) from None

    def download(self, key: str, target: Path) -> None:
        """Write an object of any size into a file."""
        with self._explained(f"read ({key})"):
            self.client.download_file(self.name, self._key(key), str(target))

    def remove(self, keys: list[str]) -> None:
        """Remove objects; one that is not there is no matter."""
        with self._explained("emptied"):
            for start in range(0, len(keys), PER_CALL):
                some = [{"Key": self._key(key)} for key in keys[start : start + PER_CALL]]
                answer = self.client.delete_objects(Bucket=self.name, Delete={"Objects": some, "Quiet": True})
                if answer.get("Errors"):
                    raise self._failed("emptied", answer["Errors"][0].get("Message", "some objects stayed"))

    def _put(self, key: str, content: bytes | BinaryIO, **condition: str) -> bool:
        from botocore.exceptions import ClientError

        with self._explained(f"written ({key})"):
            try:
                self.client.put_object(Bucket=self.name, Key=self._key(key), Body=content, **condition)
            except ClientError as error:
                if error.response["Error"]["Code"] in REFUSED | MISSING:
                    return False
                raise
            return True

    def _key(self, key: str) -> str:
        return f"{self.prefix}/{key}" if self.prefix else key

    def _failed(self, doing: str, error: object) -> StorageFailed:
        return StorageFailed(
            f"{self.uri} cannot be {doing}: {error}. Nothing half-written is seen by anybody. "
            "Is the bucket's name right, and may these credentials list, read and write it?"
        )

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (ClientError, BotoCoreError) as error:
            raise self._failed(doing, error) from None


def is_s3(uri: str) -> bool:
    """Whether a URI names a place on S3."""
    return uri.startswith("s3://")


def bucket_at(uri: str, *, setting: str, endpoint_url: str = "") -> Bucket:
    """The bucket and prefix of `s3://bucket/prefix`.

    Raises: SettingsInvalid, naming the setting, when the URI names no bucket.
    """
    parts = urlsplit(uri)
    if not parts.netloc:
        raise SettingsInvalid(f"{setting}: {uri} names no bucket. Write s3://bucket/prefix.")
    return Bucket(parts.netloc, parts.path.strip("/"), endpoint_url or None)
