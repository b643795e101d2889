"""What can go wrong, grouped by who must act.

CampaignReachError
├── TryAgain                     the step may be repeated by itself
│   ├── GraphUnavailable         network, 5xx
│   ├── AnswerRejected           what came is no answer; carries its bytes, for the quarantine
│   │   └── AnswerTooLarge       more bytes than are read; a smaller page may do
│   ├── TooMuchData              Meta asks for a smaller page
│   ├── RateLimited              a quota is used up; carries when it may go on
│   ├── WarehouseBusy            another process holds the DuckDB file
│   └── AlertNotSent             the receiver of alerts did not take one
├── SomebodyMustAct              repeating does not help
│   ├── RegistryInvalid          a campaign file: file, line, field, what is allowed
│   ├── SettingsInvalid          a setting is missing or cannot be used
│   │   └── ArgumentInvalid      what a command was given: an id, a name, a date that there is not
│   ├── TokenRefused             missing, expired, revoked, or without a scope
│   ├── RequestRefused           Meta refuses the request itself
│   ├── AccountBlocked           Meta has blocked app or account for a while: asking on makes it worse
│   ├── UnsafeAnswer             redirect or foreign host: nothing is followed
│   ├── LandingDamaged           a landed file is not what was written
│   ├── StorageFailed            disk full, read-only, permission
│   ├── NothingYet               what is asked for has to be made first: landed, published
│   ├── WarehouseBroken          the warehouse cannot be read: rebuild it
│   │   └── NoWarehouse          there is none yet: load makes it
│   ├── ImportRefused            a file cannot be imported: nothing of it is
│   ├── GateStopped              the candidate does not hold; the served version stays
│   └── PortTaken                the address is in use
└── ObjectRejected               one object is bad: quarantine it and go on
"""


class CampaignReachError(Exception):
    """An error whose message says what, which id, and what to do next; never a secret."""


class TryAgain(CampaignReachError):
    """The step may be repeated by itself."""


class GraphUnavailable(TryAgain):
    """Meta did not answer."""


class AnswerRejected(TryAgain):
    """What came is no answer of the Graph API; `body` is what came, for the quarantine."""

    def __init__(self, message: str, *, body: bytes) -> None:
        super().__init__(message)
        self.body = body


class AnswerTooLarge(AnswerRejected):
    """An answer with more bytes than are read; `body` is how it began. A smaller page may be small enough."""


class TooMuchData(TryAgain):
    """Meta asks for a smaller page."""


class RateLimited(TryAgain):
    """A quota is used up."""

    def __init__(self, message: str, *, minutes: int | None = None, is_app_wide: bool = False) -> None:
        super().__init__(message)
        self.minutes = minutes
        """In how many minutes Meta gives access again; None when it does not say."""
        self.is_app_wide = is_app_wide
        """Whether it is a quota of the app: then every account rests."""


class WarehouseBusy(TryAgain):
    """Another process holds the warehouse file."""


class AlertNotSent(TryAgain):
    """The receiver of alerts did not take one: it is told again next time."""


class SomebodyMustAct(CampaignReachError):
    """Repeating does not help: a person has to change something."""


class RegistryInvalid(SomebodyMustAct):
    """A campaign file says something that it may not say."""


class SettingsInvalid(SomebodyMustAct):
    """A setting is missing or cannot be used."""


class ArgumentInvalid(SettingsInvalid):
    """What a command was given cannot be used: there is no such id or name, or it is none."""


class TokenRefused(SomebodyMustAct):
    """A token is missing, expired, revoked, or lacks a scope; `code` is Meta's."""

    def __init__(self, message: str, *, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class RequestRefused(SomebodyMustAct):
    """Meta refuses the request itself; `code` and `subcode` are Meta's."""

    def __init__(self, message: str, *, code: int | None = None, subcode: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.subcode = subcode


class AccountBlocked(SomebodyMustAct):
    """Meta has blocked the app or the account for a while; asking on makes it longer, so nothing is asked for a day."""


class UnsafeAnswer(SomebodyMustAct):
    """The answer points elsewhere (redirect, foreign host): nothing is followed."""


class LandingDamaged(SomebodyMustAct):
    """A landed file is not what was written."""


class StorageFailed(SomebodyMustAct):
    """A file could not be written: disk full, read-only, permission."""


class NothingYet(SomebodyMustAct):
    """What is asked for has to be made first: nothing has landed, or nothing is published."""


class WarehouseBroken(SomebodyMustAct):
    """The warehouse cannot be read; it can be rebuilt from landing."""


class NoWarehouse(WarehouseBroken):
    """There is no warehouse yet."""


class ImportRefused(SomebodyMustAct):
    """A file cannot be imported, and nothing of it was."""


class GateStopped(SomebodyMustAct):
    """The candidate publication does not hold; the served version stays."""


class PortTaken(SomebodyMustAct):
    """Another program listens on the address."""


class ObjectRejected(CampaignReachError):
    """One object is bad: it goes to quarantine with its reason, the rest goes on."""
