"""Fuzzed: the decoders of both sides, the replica, and a whole session with a room behind it."""

from __future__ import annotations

from random import Random
from typing import Any

from pelton.client import Replica, ServerFault
from pelton.games.arena import Arena
from pelton.games.cards import Cards
from pelton.protocol import BadMessage, State, plain, typed
from pelton.protocol.close_codes import CLOSE_CODES
from pelton.protocol.messages import EventFrame, Frame, Heard
from pelton.protocol.typed import TypedDecoder
from pelton.wire import Phase
from tests.clients.replica.model import TABLES, ModelServer
from tests.fuzz.mutator import any_message, any_value, mutate
from tests.protocol.golden import SAMPLE, hostile, messages
from tests.server.stage import Stage

FROM_CLIENT = [vector.payload for vector in messages("client")] + [bad.payload for bad in hostile("client")]
FROM_SERVER = [vector.payload for vector in messages("server")] + [bad.payload for bad in hostile("server")]
PROBLEM_MAX = 100
TABLES_OF_ARENA = 2


def _outcome(bad: BadMessage) -> str:
    assert 0 < len(bad.problem) <= PROBLEM_MAX
    assert "Traceback" not in bad.problem
    return "bad message"


def _draw(corpus: list[bytes], numbers: range, random: Random) -> list[bytes]:
    if random.random() < 0.2:
        return [any_message(random, numbers)]
    return [mutate(random.choice(corpus), corpus, random)]


class ServerDecoder:
    """Bytes of a client: a message, or BadMessage. With every set of actions, and with none."""

    name = "decoder, server"

    def __init__(self) -> None:
        games = [SAMPLE, Arena.action_types, Cards.action_types, (), None]
        self._decoders = [TypedDecoder(actions) for actions in games]

    def draw(self, random: Random) -> list[bytes]:
        """A message of a client with damage, or an array of anything."""
        return _draw(FROM_CLIENT, range(18), random)

    def run(self, pieces: list[bytes]) -> str:
        """Decode with each of them; what the last says counts."""
        payload, outcome = b"".join(pieces), ""
        for decoder in self._decoders:
            try:
                outcome = type(decoder.decode(payload)).__name__.lower()
            except BadMessage as bad:
                outcome = _outcome(bad)
        return outcome


class ClientDecoder:
    """Bytes of a server: a message, or BadMessage; the same whichever decoder of ours reads them."""

    name = "decoder, client"

    def __init__(self) -> None:
        self._shared = plain.SharedFrames()

    def draw(self, random: Random) -> list[bytes]:
        """A message of a server with damage, or an array of anything."""
        return _draw(FROM_SERVER, range(14, 26), random)

    def run(self, pieces: list[bytes]) -> str:
        """Decode with each of them."""
        payload = b"".join(pieces)
        said = [self._said(decode, payload) for decode in (plain.decode_server, self._shared, self._shared)]
        assert said[0] == said[1] == said[2], f"shared frames are read as {said[1][:100]}, alone {said[0][:100]}"
        self._said(plain.decode_head, payload)
        self._said(typed.decode_server, payload)
        return said[0].partition("(")[0].lower()

    def _said(self, decode: Any, payload: bytes) -> str:
        try:
            return repr(decode(payload))
        except BadMessage as bad:
            return _outcome(bad)


class Frames:
    """A frame of a server that is at war with its client: it is taken in, or a ServerFault; one can still read on."""

    name = "replica"

    def __init__(self) -> None:
        dice = Random(7)
        self._stories: list[list[bytes]] = []
        for _ in range(24):
            server = ModelServer(dice)
            self._stories.append([plain.encode(Frame(0, [], *server.frame())) for _ in range(2)])
        self._corpus = [payload for story in self._stories for payload in story]

    def draw(self, random: Random) -> list[bytes]:
        """A good frame, then one that was good: bytes of it changed, or a value somewhere in it."""
        first, second = random.choice(self._stories)
        if random.random() < 0.5:
            return [first, mutate(second, self._corpus, random)]
        frame = plain.decode_server(second)
        assert isinstance(frame, Frame)
        _spoil(random.choice((frame.hidden, frame.parts, frame.parts)), random)
        return [first, plain.encode(frame)]

    def run(self, pieces: list[bytes]) -> str:
        """Both kinds of replica take them, and agree."""
        said = [self._said(pieces, light=light) for light in (False, True)]
        assert said[0] == said[1], f"on numpy: {said[0]}, light: {said[1]}"
        return said[0]

    def _said(self, pieces: list[bytes], *, light: bool) -> str:
        replica, said = Replica(TABLES, light=light), "taken in"
        for piece in pieces:
            try:
                frame = plain.decode_server(piece)
                if isinstance(frame, Frame):
                    replica.apply(frame.tick, frame.base, frame.hidden, frame.parts)
            except ServerFault:
                said = "server fault"
            except BadMessage:
                return "bad message"
        for table in replica:
            assert all(len(table.column(name)) == len(table) for name in table.columns)
            assert all(isinstance(table.digest(group), int) for group in table.groups)
        return said


def _spoil(value: Any, random: Random) -> None:
    """Change something somewhere in nested lists."""
    while isinstance(value, list) and value:
        at = random.randrange(len(value))
        if isinstance(value[at], list) and value[at] and random.random() < 0.8:
            value = value[at]
        elif isinstance(value[at], bytes) and random.random() < 0.7:
            value[at] = mutate(value[at], [value[at]], random)
            return
        else:
            value[at] = any_value(random, 2)
            return


class Sessions:
    """Messages of one player, in any order: he is served, refused, or closed with a code of the table.

    Somebody else plays in the same room; whatever the messages are, his frames go on.
    """

    name = "session"

    def __init__(self) -> None:
        self._stage = Stage("simulate.rooms_max=8", games={"arena": Arena})
        self._neighbour = self._stage.player("arena")
        self._valid = [vector.payload for vector in messages("client")]

    def draw(self, random: Random) -> list[bytes]:
        """Good messages in a good order, then some of them damaged, replaced, repeated or in another place."""
        said = [typed.encode_value(message) for message in self._story(random)]
        for _ in range(random.randint(0, 4)):
            at = random.randrange(len(said))
            dice = random.random()
            if dice < 0.4:
                said[at] = mutate(said[at], FROM_CLIENT, random)
            elif dice < 0.6:
                said.insert(at, random.choice(self._valid))
            elif dice < 0.7:
                said[at] = random.choice(FROM_CLIENT)
            elif dice < 0.85:
                said.insert(at, said[at])
            else:
                said.insert(random.randint(0, len(said)), said.pop(at))
        return said

    def _story(self, random: Random) -> list[list[Any]]:
        hows: list[list[Any]] = [*[[0, "arena"]] * 6, [1, "arena"], [2, "nowhere"], [0, "chess"]]
        some: list[Any] = [["shoot"], ["steer", random.uniform(-2, 2), 0.5], ["rename", "Ada"], any_value(random)]
        acts: list[list[Any]] = [[4, seq, random.choice(some), 1] for seq in range(1, random.randint(1, 6))]
        asks: list[list[Any]] = [
            [6],
            [7, [[random.randrange(TABLES_OF_ARENA + 1), random.randrange(9), 1]]],
            [7, []],
            [8, 1],
        ]
        return [[1, "fuzz"], [2, *random.choice(hows), {"name": "Ada"}], *acts, random.choice(asks), [5, 7], [3]]

    def run(self, pieces: list[bytes]) -> str:
        """Say them with ticks between; then go."""
        stage = self._stage
        frames = len(self._neighbour.websocket.heard)
        visitor = stage.connect()
        for index, piece in enumerate(pieces):
            visitor.say_bytes(piece)
            if index % 4 == 3 or visitor.connection.state is State.JOINING:
                stage.tick()
        stage.tick()
        codes = visitor.close_codes
        if visitor.websocket.phase is Phase.OPEN:
            visitor.websocket.end(1000, "")
            stage.tick()
        self._check(frames, codes)
        return str(codes[0]) if codes else "served"

    def _check(self, frames: int, codes: list[int]) -> None:
        assert all(code in CLOSE_CODES for code in codes)
        assert len(codes) <= 1
        neighbour = self._neighbour.websocket
        assert len(neighbour.heard) > frames, "the neighbour's frames have stopped"
        assert neighbour.phase is Phase.OPEN
        last = neighbour.heard[-1]
        assert isinstance(last, Frame | EventFrame)
        self._neighbour.say(Heard(last.tick))
        neighbour.heard.clear()
        assert len(self._stage.lobby) <= 8
        assert self._stage.lobby.players == 1, "a seat is left behind"
