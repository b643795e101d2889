"""Meta's errors, as the Graph API words them: a status and a body."""

import hashlib
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class GraphError(Exception):
    """An answer that refuses. `trace` makes the fbtrace_id differ from answer to answer."""

    message: str
    code: int
    subcode: int | None = None
    kind: str = "OAuthException"
    status: int = 400
    is_transient: bool | None = None
    user_title: str | None = None

    def body(self, trace: str) -> dict[str, Any]:
        """The body as Meta shapes it."""
        error: dict[str, Any] = {"message": self.message, "type": self.kind, "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.is_transient is not None:
            error["is_transient"] = self.is_transient
        if self.user_title is not None:
            error["error_user_title"] = self.user_title
        error["fbtrace_id"] = "A" + hashlib.sha256(trace.encode()).hexdigest()[:22]
        return {"error": error}


def no_token() -> GraphError:
    """Refuse a call without a token."""
    return GraphError("An active access token must be used to query information about the current user.", 2500)


def bad_token() -> GraphError:
    """Refuse a token that was never given."""
    return GraphError("Invalid OAuth access token - Cannot parse access token", 190, status=401)


def expired_token() -> GraphError:
    """Refuse a token whose time is over."""
    return GraphError("Error validating access token: Session has expired.", 190, 463)


def needs_page_token() -> GraphError:
    """Refuse a user token where a Page token is needed."""
    return GraphError("(#210) A page access token is required to request this resource.", 210)


def missing_permission(scope: str) -> GraphError:
    """Refuse what the token has no scope for."""
    return GraphError(
        f"(#10) This endpoint requires the '{scope}' permission or the 'Page Public Content Access' feature.", 10
    )


def missing_object(object_id: str) -> GraphError:
    """Refuse an object that is not there, or not for this token."""
    return GraphError(
        f"Unsupported get request. Object with ID '{object_id}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation. Please read the Graph API documentation at "
        "https://developers.facebook.com/docs/graph-api",
        100,
        33,
        "GraphMethodException",
    )


def unknown_field(field: str, node: str) -> GraphError:
    """Refuse a field that the node does not have."""
    return GraphError(f"(#100) Tried accessing nonexisting field ({field}) on node type ({node})", 100)


def invalid_metric() -> GraphError:
    """Refuse the whole call for one Facebook metric that is not served."""
    return GraphError("(#100) The value must be a valid insights metric", 100)


def invalid_media_metric(position: int, allowed: list[str]) -> GraphError:
    """Refuse the whole call for one Instagram metric that does not exist."""
    return GraphError(f"(#100) metric[{position}] must be one of the following values: {', '.join(allowed)}", 100)


def unsupported_media_metric(metric: str) -> GraphError:
    """Refuse the whole call for one metric that this media product type lacks."""
    return GraphError(
        f"(#100) The Media Insights API does not support the {metric} metric for this media product type.", 100
    )


def too_few_followers() -> GraphError:
    """Refuse a metric that a Page is too small for."""
    return GraphError("(#200) Insights for this metric are not available for Pages with few followers", 200)


def throttled(platform: str) -> GraphError:
    """Refuse a call about an account whose quota is used up."""
    code, kind = {"facebook": (80001, "Page"), "instagram": (80002, "Instagram")}[platform]
    return GraphError(
        f"(#{code}) There have been too many calls to this {kind} account. Wait a bit and try again.", code
    )


def app_throttled() -> GraphError:
    """Refuse a call of an app whose quota is used up."""
    return GraphError("(#4) Application request limit reached", 4, is_transient=True)


def too_much_data() -> GraphError:
    """Refuse a page that is too large to make."""
    return GraphError("Please reduce the amount of data you're asking for, then retry your request", 1, status=500)


def before_business() -> GraphError:
    """Refuse insights of a media that is older than the business account."""
    title = "Media posted before business account conversion"
    return GraphError("Invalid parameter", 100, 2108006, is_transient=False, user_title=title)


def too_few_viewers() -> GraphError:
    """Refuse insights of a story that hardly anybody has seen."""
    return GraphError("(#10) Not enough viewers for the media to show insights", 10)


def no_metric() -> GraphError:
    """Refuse insights without a metric."""
    return GraphError("Invalid query", 3001, 1504028, is_transient=False, user_title="No Metric Specified")


def bad_proof() -> GraphError:
    """Refuse a proof that does not belong to token and secret."""
    return GraphError("Invalid appsecret_proof provided in the API argument", 100, kind="GraphMethodException")


def bad_cursor() -> GraphError:
    """Refuse a cursor that was never given."""
    return GraphError("(#2642) Invalid cursors values", 2642)


def bad_parameter(text: str) -> GraphError:
    """Refuse a parameter."""
    return GraphError(f"(#100) {text}", 100)


def unknown_path() -> GraphError:
    """Refuse a path that is none."""
    return GraphError("Unknown path components", 2500)


def bad_fields(found: str) -> GraphError:
    """Refuse fields that cannot be parsed."""
    return GraphError(f'Syntax error "Expected end of string instead of "{found}"." at character', 2500)
