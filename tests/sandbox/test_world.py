"""The world: the same every time, and its facts add up to what was published, whatever that is."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.adapters.registry import Registry, read_registry
from ingest.domain.errors import RegistryInvalid
from ingest.sandbox.splitting import split
from ingest.sandbox.world import SETTLED, World, build_world, grown
from ingest.settings import PROJECT
from tests.conftest import MOMENT

CAMPAIGNS = PROJECT / "campaigns"
ENGAGEMENTS = ("reactions_like", "reactions_love", "reactions_wow", "comments", "shares", "saves")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return read_registry(CAMPAIGNS)


@pytest.fixture(scope="module")
def world(registry: Registry) -> World:
    return build_world(registry)


def total(world: World, fact: str, *, campaign: str, phase: str | None = None, platform: str | None = None) -> int:
    return sum(
        world.finals[post.post_id][fact]
        for post in world.posts.values()
        if post.campaign_id == campaign and phase in (None, post.phase_id) and platform in (None, post.platform)
    )


def figure(registry: Registry, campaign_id: str, figure_id: str) -> int:
    (campaign,) = (one for one in registry.campaigns if one.campaign_id == campaign_id)
    return int(campaign.figure(figure_id).published_value)


def test_the_same_registry_and_seed_make_the_same_world(registry: Registry, world: World) -> None:
    assert build_world(registry) == world
    assert build_world(registry, seed="another").finals != world.finals


def test_exact_figures_are_met_exactly(registry: Registry, world: World) -> None:
    facebook = figure(registry, "together", "tog_fb_views")
    assert total(world, "views", campaign="together", platform="facebook") == facebook
    instagram = figure(registry, "together", "tog_ig_views")
    assert total(world, "views", campaign="together", platform="instagram") == instagram


def test_rounded_figures_are_met_within_their_rounding(registry: Registry, world: World) -> None:
    for phase, figure_id in (("year_1", "ecdd_y1_reach"), ("year_2", "ecdd_y2_reach")):
        reach = total(world, "reach", campaign="every_child_different_dreams", phase=phase)
        assert round(reach, -5) == figure(registry, "every_child_different_dreams", figure_id)


def test_engagements_lie_above_the_published_number_and_below_the_next(registry: Registry, world: World) -> None:
    engagements = sum(total(world, part, campaign="differently_different") for part in ENGAGEMENTS)
    published = figure(registry, "differently_different", "dd_engagements")
    assert published < engagements < published + 1_000_000


def test_a_named_post_reached_just_the_people_that_its_page_says(registry: Registry, world: World) -> None:
    named = [post for post in world.posts.values() if post.fixed]
    assert len(named) == 3
    for post in named:
        facts = world.finals[post.post_id]
        assert facts["reach"] == figure(registry, "together", post.fixed["reach"])
        assert facts["views"] >= facts["reach"]


def changed(folder: Path, old: str, new: str) -> Registry:
    for file in CAMPAIGNS.glob("*.yml"):
        (folder / file.name).write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return read_registry(folder)


@pytest.mark.parametrize("target", [4_000_037, 2_200_001, 999_999_999])
def test_another_target_is_met_just_as_exactly(tmp_path: Path, target: int) -> None:
    registry = changed(tmp_path, "published_value: 3107326", f"published_value: {target}")
    assert total(build_world(registry), "views", campaign="together", platform="facebook") == target


def test_a_target_below_what_is_fixed_is_refused_by_name(tmp_path: Path) -> None:
    registry = changed(tmp_path, "published_value: 3107326", "published_value: 1000")
    with pytest.raises(RegistryInvalid, match="tog_fb_views cannot be met"):
        build_world(registry)


@given(st.integers(0, 10**9), st.lists(st.floats(0.001, 1000), min_size=1, max_size=60))
def test_parts_of_a_split_are_whole_and_add_up(whole: int, weights: list[float]) -> None:
    parts = split(whole, weights)
    assert sum(parts) == whole
    assert all(part >= 0 for part in parts)


@given(st.integers(0, 60 * 86400), st.integers(0, 10 * 86400))
def test_what_a_post_has_gathered_never_falls(seconds: int, later: int) -> None:
    assert 0 <= grown(timedelta(seconds=seconds)) <= grown(timedelta(seconds=seconds + later)) <= 1


def test_values_are_final_on_day_21_and_not_before(world: World) -> None:
    post = max(world.posts.values(), key=lambda one: world.finals[one.post_id]["views"])
    final = world.finals[post.post_id]["views"]
    assert world.value(post, "views", post.published_at + SETTLED) == final
    assert world.value(post, "views", post.published_at + SETTLED - timedelta(days=1)) < final
    assert world.value(post, "views", post.published_at) == 0


def test_every_child_has_the_contents_that_its_page_names(world: World) -> None:
    def contents(phase: str, content_type: str) -> int:
        mine = [p for p in world.posts.values() if p.campaign_id == "every_child_different_dreams"]
        return len({p.message for p in mine if (p.phase_id, p.content_type) == (phase, content_type)})

    assert [contents(year, "video") for year in ("year_1", "year_2", "year_3")] == [5, 5, 4]
    assert (contents("year_3", "poster"), contents("year_3", "success_story")) == (3, 5)


def test_no_post_lies_in_the_future_of_the_tests(world: World) -> None:
    assert max(post.published_at for post in world.posts.values()) < MOMENT
