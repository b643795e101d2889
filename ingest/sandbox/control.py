"""The sandbox's own door, which Meta has not: let a post go up, or grow, and tell the receiver, as Meta would."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ingest.domain.errors import CampaignReachError
from ingest.sandbox.graph import Graph
from ingest.sandbox.outbox import Outbox
from ingest.sandbox.staging import WorldPost
from ingest.sandbox.webhooks import hint_entry, post_entry

PREFIX = "_sandbox"


class NoSuchThing(CampaignReachError):
    """The sandbox knows no such account or post."""


@dataclass(slots=True)
class Control:
    """Changes the world of a graph, and sends what Meta would send."""

    graph: Graph
    outbox: Outbox | None = None
    made: int = 0

    def post_up(self, account_id: str, message: str) -> WorldPost:
        """A photo goes up now; its numbers grow from now on.

        Raises: NoSuchThing.
        """
        world, now = self.graph.world, self.graph.clock()
        account = world.accounts.get(account_id)
        if account is None or account.source != "api":
            raise NoSuchThing(f"The sandbox has no account {account_id}.")
        self.made += 1
        own = f"{int(now.timestamp())}{self.made:03}"
        post = WorldPost(
            f"{account_id}_{own}" if account.platform == "facebook" else own,
            account.platform,
            account_id,
            now.replace(microsecond=0),
            message,
            "photo",
            f"https://www.facebook.com/posts/{own}",
            own,
            facts={"reach": 9_000, "views": 14_000, "reactions_like": 400, "comments": 50, "shares": 30},
        )
        self.graph.world = replace(
            world, posts={**world.posts, post.post_id: post}, finals={**world.finals, post.post_id: post.facts}
        )
        if account.platform == "facebook":
            self._tell("page", post_entry(post, at=now))
        return post

    def remove(self, post_id: str) -> WorldPost:
        """A post is taken down; a Page tells, Instagram does not.

        Raises: NoSuchThing.
        """
        post = self._post(post_id)
        self.graph.deleted.add(post_id)
        if post.platform == "facebook":
            self._tell("page", post_entry(post, verb="remove", at=self.graph.clock()))
        return post

    def grow(self, post_id: str, factor: float, *, reactions: int = 1) -> WorldPost:
        """The numbers of a post become so many times what they were; people react to it, which Meta tells.

        Raises: NoSuchThing.
        """
        post = self._post(post_id)
        self.graph.corrections[post_id] = self.graph.corrections.get(post_id, 1.0) * factor
        object_name = {"facebook": "page", "instagram": "instagram"}[post.platform]
        for _ in range(reactions):
            self.made += 1
            self._tell(object_name, hint_entry(post, self.made, at=self.graph.clock()))
        return post

    def _post(self, post_id: str) -> WorldPost:
        post = self.graph.world.posts.get(post_id)
        if post is None:
            raise NoSuchThing(f"The sandbox has no post {post_id}.")
        return post

    def _tell(self, object_name: str, entry: dict[str, Any]) -> None:
        if self.outbox:
            self.outbox.add(object_name, entry)

    def answer(self, what: str, params: dict[str, str]) -> dict[str, Any]:
        """What a request to `/_sandbox/<what>` does; its answer.

        Raises: NoSuchThing.
        """
        if what == "posts":
            post = self.post_up(params.get("account_id", ""), params.get("message", ""))
        elif what == "grow":
            reactions = int(params.get("reactions", "1"))
            post = self.grow(params.get("post_id", ""), float(params.get("factor", "1.1")), reactions=reactions)
        elif what == "remove":
            post = self.remove(params.get("post_id", ""))
        else:
            raise NoSuchThing(f"There is no /{PREFIX}/{what}: posts, grow and remove are there.")
        views = self.graph.value(post, "views")
        return {"id": post.post_id, "views": views, "at": _text(self.graph.clock())}


def _text(at: datetime) -> str:
    return at.isoformat()
