"""The catalog over HTTP: what people say of datasets, who may read them, what a live kernel holds."""

from __future__ import annotations

from perijove.catalog.model import Preview, Profile
from perijove.catalog.routes import router
from perijove.catalog.service import Catalog
from perijove.catalog.shapes import (
    About,
    Access,
    Ask,
    Decide,
    Frame,
    Grant,
    Import,
    Imported,
    LookAtFrame,
    NewAbout,
    Request,
    RequestState,
    Restrict,
    Rule,
)
from perijove.core.access import Person
from perijove.core.refs import Ref

__all__ = ["router"]


@router.get("/about", may="catalog.read", where="team")
def show_about(catalog: Catalog, ref: str, who: Person) -> About:
    """What people say of a dataset."""
    return catalog.about.get(ref, who)


@router.post("/about", may="catalog.write", where="team")
def change_about(catalog: Catalog, body: NewAbout, who: Person) -> About:
    """Change what is said of a dataset: its description, owners, tags, and a sentence for a column."""
    return catalog.say(body, who)


@router.post("/import", may="catalog.write")
def import_about(catalog: Catalog, body: Import, who: Person) -> Imported:
    """Take in what another catalog knows, from a file of the project or a URL."""
    return catalog.importing.run(body.place, body.format, who)


@router.get("/access", may="catalog.read", where="team")
def show_access(catalog: Catalog, ref: str, who: Person) -> Access:
    """Who may read a dataset, and why."""
    return catalog.access.show(Ref.parse(ref), who)


@router.post("/access/ask", may="catalog.read", where="team")
def ask_access(catalog: Catalog, body: Ask, who: Person) -> Request:
    """Ask to read a restricted dataset."""
    return catalog.ask(body, who)


@router.post("/access/decide", may="catalog.read", where="team")
def decide_access(catalog: Catalog, body: Decide, who: Person) -> Request:
    """Approve or refuse a request; owners of the dataset and those with catalog.approve may."""
    return catalog.access.decide(body, who)


@router.post("/access/restrict", may="catalog.write", where="team")
def restrict_access(catalog: Catalog, body: Restrict, who: Person) -> Access:
    """Restrict a dataset or source to its readers, or open it again; owners and those with catalog.approve may."""
    catalog.restrict(body, who)
    return catalog.access.show(Ref.parse(body.ref), who)


@router.post("/access/grant", may="catalog.write", where="team")
def grant_access(catalog: Catalog, body: Grant, who: Person) -> Access:
    """Let a person or a role read."""
    catalog.access.grant(body, who)
    return catalog.access.show(Ref.parse(body.ref), who)


@router.post("/access/revoke", may="catalog.write", where="team")
def revoke_access(catalog: Catalog, body: Grant, who: Person) -> Access:
    """Let a person or a role read no longer; it counts at once."""
    catalog.access.revoke(body, who)
    return catalog.access.show(Ref.parse(body.ref), who)


@router.get("/access/requests", may="catalog.read", where="team")
def list_requests(catalog: Catalog, who: Person, state: RequestState | None = None) -> list[Request]:
    """One's own requests and those one may decide, newest first."""
    return catalog.access.requests(who, state or "")


@router.get("/access/rules", may="catalog.approve", where="team")
def list_rules(catalog: Catalog) -> list[Rule]:
    """All restrictions with their readers."""
    return catalog.access.review()


@router.get("/frames", may="catalog.read")
def list_frames(catalog: Catalog, kernel: str) -> list[Frame]:
    """The dataframes of a live kernel."""
    return catalog.frames.all(kernel)


@router.post("/frames/look", may="catalog.read")
def look_at_frame(catalog: Catalog, body: LookAtFrame) -> Preview:
    """Some rows of a dataframe of a live kernel."""
    return catalog.frames.look(body.kernel, body.name, body.window)


@router.get("/frames/profile", may="catalog.read")
def profile_frame(catalog: Catalog, kernel: str, name: str) -> Profile:
    """Figures of a dataframe of a live kernel."""
    return catalog.frames.profile(kernel, name)
