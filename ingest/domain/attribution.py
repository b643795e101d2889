"""The rules by which posts find their campaign, phase and content type; what they mean is written in SQL, once."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field, model_validator

from ingest.domain.fields import Hashtag, Name, ObjectId, Permalink, Section, Words, refusal

MediaFormat = Literal["video", "reel", "photo", "carousel", "live", "story", "link", "text"]


class PostRule(Section):
    """One post, named by its id or its permalink: the strongest rule."""

    phase_id: Name = Field(description="the phase that the post belongs to")
    post_id: ObjectId | None = Field(None, description="the post's id")
    permalink: Permalink | None = Field(None, description="the post's address")

    @model_validator(mode="after")
    def _one_name(self) -> "PostRule":
        if (self.post_id is None) == (self.permalink is None):
            raise refusal("must have either post_id or permalink")
        return self


class Where(Section):
    """The phases and accounts in which a rule holds; all of the campaign when they are not given."""

    phase_ids: tuple[Name, ...] | None = Field(None, min_length=1, description="the phases; all when not given")
    account_ids: tuple[ObjectId, ...] | None = Field(None, min_length=1, description="the accounts; all when not given")


class HashtagRule(Where):
    """Posts with a hashtag, within the dates of the phases, on the accounts."""

    hashtag: Hashtag = Field(description="a hashtag that begins with '#'")


class KeywordRule(Where):
    """Posts with a keyword in the text, within the dates of the phases, on the accounts."""

    keyword: Words = Field(description="words that stand in the post's text")


class AttributionRules(Section):
    """What decides, beside the campaign's own hashtags, which posts belong to it."""

    posts: tuple[PostRule, ...] = Field((), description="posts named one by one")
    hashtags: tuple[HashtagRule, ...] = Field((), description="hashtags of some phases or accounts")
    keywords: tuple[KeywordRule, ...] = Field((), description="keywords of some phases or accounts")

    def located(self) -> Iterable[tuple[str, int, Where]]:
        """The rules with a place: the list they stand in, their position, the rule."""
        for name, rules in (("hashtags", self.hashtags), ("keywords", self.keywords)):
            for index, rule in enumerate(rules):
                yield name, index, rule


class ContentTypeRule(Section):
    """Posts for which all given conditions hold are of this content type; the first such rule wins."""

    content_type: Name = Field(description="what the campaign calls the content, such as success_story")
    hashtag: Hashtag | None = Field(None, description="a hashtag of the post")
    keyword: Words | None = Field(None, description="words in the post's text")
    media_format: MediaFormat | None = Field(None, description="what the platform says the post is")
    post_id: ObjectId | None = Field(None, description="one post")

    @model_validator(mode="after")
    def _a_condition(self) -> "ContentTypeRule":
        if not any((self.hashtag, self.keyword, self.media_format, self.post_id)):
            raise refusal("must have one of hashtag, keyword, media_format, post_id")
        return self
