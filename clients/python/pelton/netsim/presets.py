"""Conditions by name, with where their figures come from; and reading what people write for conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from pelton.netsim.conditions import KEYS, BadConditions, Conditions, did_you_mean

__all__ = ["PRESETS", "parse"]

PRESETS: Mapping[str, Conditions] = MappingProxyType(
    {
        # Gigabit Ethernet (IEEE 802.3ab) and one switch. The half millisecond of a round trip is an assumption.
        "lan": Conditions(latency_ms=0.25, jitter_ms=0.05, up_kbit_s=1_000_000, down_kbit_s=1_000_000),
        # A home. Rates: the averages of Ofcom, "UK Home Broadband Performance", November 2019, 14.0 and 64.0 Mbit/s.
        # Jitter: half the packets take more than 20 ms over the Wi-Fi hop (Pei and others, "WiFi can be the weakest
        # link of round trip network latency in the wild", INFOCOM 2016; a campus), which is about the median here.
        # Freezes: an access point that looks at other channels is away for 100 ms, every 120 s (SmallNetBuilder,
        # "Wi-Fi Ping Spikes: Causes and Fixes"). The loss is an assumption: Wi-Fi repeats nearly all by itself.
        "wifi": Conditions(
            latency_ms=10,
            jitter_ms=10,
            up_kbit_s=14_000,
            down_kbit_s=64_000,
            loss=0.001,
            freeze_every_s=120,
            freeze_ms=100,
        ),
        # WebPageTest's "LTE": 12 Mbit/s, a round trip of 70 ms, of which we make 50 ms fixed and 20 ms jitter. Between
        # Ofcom's averages for the UK's 4G: 14.7 Mbit/s, 13.6 up, 53 ms (end of 2014), 18 to 24 ms (beginning of 2024).
        # Loss and freezes are assumptions: the radio repeats by itself, a handover takes a moment.
        "4g": Conditions(
            latency_ms=25,
            jitter_ms=10,
            up_kbit_s=12_000,
            down_kbit_s=12_000,
            loss=0.002,
            freeze_every_s=60,
            freeze_ms=150,
        ),
        # A phone or the Wi-Fi of a train. Rates: WebPageTest's "3G Fast", which is Lighthouse's "Slow 4G" as well.
        # Latency and jitter: pings from a train between 102 and 517 ms (gist mnem/867186). Loss: 2.5 % of 3,885
        # pings from another (gist mattallen/6616283). Freezes: a handover between kinds of networks held a WebSocket
        # up for 3.0 to 4.5 s (olgen2013/HandoverMeasurements). How often it freezes and breaks are assumptions.
        "train": Conditions(
            latency_ms=50,
            jitter_ms=40,
            up_kbit_s=768,
            down_kbit_s=1_600,
            loss=0.025,
            freeze_every_s=30,
            freeze_ms=3_500,
            reset_every_s=600,
        ),
        # Everything at once, made to hurt. Rates and the round trip of 400 ms: WebPageTest's "3G Slow". The rest is
        # worse than what anybody would play with for long.
        "awful": Conditions(
            latency_ms=150,
            jitter_ms=50,
            up_kbit_s=400,
            down_kbit_s=400,
            loss=0.05,
            freeze_every_s=15,
            freeze_ms=2_000,
            reset_every_s=60,
            half_open_every_s=120,
        ),
    }
)


def parse(spec: str | Mapping[str, object]) -> Conditions:
    """Conditions as people write them: `train`, `4g,loss=0.05,latency_ms=120`, or a table of TOML.

    A preset comes first, in a table under the key `preset`; what follows replaces its fields. Without a preset, the
    rest is neutral. BadConditions says what is wrong and what would be right.
    """
    if isinstance(spec, str):
        return _parse_text(spec)
    settings = dict(spec)
    base = _preset(settings.pop("preset")) if "preset" in settings else Conditions()
    return _with(base, settings)


def _parse_text(text: str) -> Conditions:
    parts = [part.strip() for part in text.split(",")]
    base = Conditions()
    if "=" not in parts[0]:
        base = _preset(parts.pop(0))
    settings: dict[str, object] = {}
    for part in parts:
        key, equals, value = (word.strip() for word in part.partition("="))
        if not equals:
            raise BadConditions(f"{part!r}: expected key=value (a preset comes first), as in 4g,loss=0.05")
        if key in settings:
            raise BadConditions(f"{key}: stands there twice")
        settings[key] = _value(value)
    return _with(base, settings)


def _preset(name: object) -> Conditions:
    if not isinstance(name, str):
        raise BadConditions(f"preset: expected one of {', '.join(PRESETS)}, got {name!r}")
    if name not in PRESETS:
        raise BadConditions(f"unknown preset {name!r}; {did_you_mean(name, tuple(PRESETS), 'presets')}")
    return PRESETS[name]


def _with(base: Conditions, settings: Mapping[str, object]) -> Conditions:
    for key in settings:
        if key not in KEYS:
            raise BadConditions(f"unknown key {key!r}; {did_you_mean(key, KEYS, 'keys')}")
    return replace(base, **settings)  # type: ignore[arg-type]  # Conditions checks every value itself


def _value(text: str) -> object:
    """As TOML reads it; what is none of its values stays text, which Conditions refuses by name."""
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
