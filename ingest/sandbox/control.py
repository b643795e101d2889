"""The sandbox's own door, which Meta has not: let a post go up, or grow, and tell the receiver, as Meta would."""

import threading
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ingest.domain.errors import CampaignReachError
from ingest.sandbox.graph import Graph
from ingest.sandbox.staging import WorldPost
from ingest.sandbox.webhooks import Sender, as_sent, hint_entry, post_entry

PREFIX = "_sandbox"


class NoSuchThing(CampaignReachError):
    """The sandbox knows no such account or post."""


@dataclass(slots=True)
class Control:
    """Changes the world of a graph, and sends what Meta would send."""

    graph: Graph
    sender: Sender | None = None
    made: int = 0

    def post_up(self, account_id: str, message: str) -> WorldPost:
        """A photo goes up now; its numbers grow from now on.

        Raises: NoSuchThing.
        """
        world, now = self.graph.world, self.graph.clock()
        account = world.accounts.get(account_id)
        if account is None:
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
            self._send("page", post_entry(post, at=now))
        return post

    def grow(self, post_id: str, factor: float) -> WorldPost:
        """The numbers of a post become so many times what they were; somebody reacts to it, which Meta tells.

        Raises: NoSuchThing.
        """
        post = self.graph.world.posts.get(post_id)
        if post is None:
            raise NoSuchThing(f"The sandbox has no post {post_id}.")
        self.graph.corrections[post_id] = self.graph.corrections.get(post_id, 1.0) * factor
        self.made += 1
        object_name = {"facebook": "page", "instagram": "instagram"}[post.platform]
        self._send(object_name, hint_entry(post, self.made, at=self.graph.clock()))
        return post

    def _send(self, object_name: str, entry: dict[str, Any]) -> None:
        if self.sender:
            body = as_sent({"object": object_name, "entry": [entry]})
            threading.Thread(target=self.sender.send, args=(body,), daemon=True).start()

    def answer(self, what: str, params: dict[str, str]) -> dict[str, Any]:
        """What a request to `/_sandbox/<what>` does; its answer.

        Raises: NoSuchThing.
        """
        if what == "posts":
            post = self.post_up(params.get("account_id", ""), params.get("message", ""))
        elif what == "grow":
            post = self.grow(params.get("post_id", ""), float(params.get("factor", "1.1")))
        else:
            raise NoSuchThing(f"There is no /{PREFIX}/{what}: posts and grow are there.")
        views = self.graph.value(post, "views")
        return {"id": post.post_id, "views": views, "at": _text(self.graph.clock())}


def _text(at: datetime) -> str:
    return at.isoformat()
