"""Frames: what goes in comes out, and nothing else is taken."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from server.wire import frames
from server.wire.frames import Call, FrameError, Reply, Splitter, Wish

wishes = some.builds(
    Wish,
    id=some.binary(min_size=16, max_size=16),
    name=some.text(alphabet="abc.-_", min_size=1, max_size=40),
    body=some.binary(max_size=200),
    override=some.integers(0, 2**53 - 1),
)


def whole(frame: bytes, bytes_max: int = frames.REQUEST_BYTES_MAX) -> bytes:
    """The one frame in some bytes."""
    (found,) = Splitter(bytes_max).feed(frame)
    return found


@given(some.integers(0, 2**64 - 1), some.binary(max_size=300), some.lists(wishes, min_size=1, max_size=50))
@settings(max_examples=100, deadline=None)
def test_a_batch_comes_out_as_it_went_in(number: int, actor: bytes, asked: list[Wish]) -> None:
    frame = whole(frames.encode_call(number, actor, asked, batch=True))

    assert Call(number, actor, tuple(asked), True) == frames.decode_call(frame)


@given(some.integers(0, 2**64 - 1), some.binary(max_size=300), wishes)
@settings(max_examples=100, deadline=None)
def test_a_call_comes_out_as_it_went_in_and_no_cut_of_it_is_taken(number: int, actor: bytes, wish: Wish) -> None:
    frame = whole(frames.encode_call(number, actor, [wish]))

    assert Call(number, actor, (wish,), False) == frames.decode_call(frame)
    for cut in range(len(frame)):
        with pytest.raises(FrameError):
            frames.decode_call(frame[:cut])
    with pytest.raises(FrameError):
        frames.decode_call(frame + b"x")


@given(some.lists(some.binary(max_size=100), max_size=10), some.integers(1, 50))
@settings(max_examples=100, deadline=None)
def test_a_stream_cut_anywhere_gives_the_same_frames(bodies: list[bytes], step: int) -> None:
    stream = b"".join(frames.encode_reply(number, 200, body) for number, body in enumerate(bodies))
    splitter = Splitter(frames.ANSWER_BYTES_MAX)

    found = [frame for at in range(0, len(stream), step) for frame in splitter.feed(stream[at : at + step])]

    assert [Reply(number, 200, 0, body) for number, body in enumerate(bodies)] == list(map(frames.decode_reply, found))


@pytest.mark.parametrize("length", [0, frames.REQUEST_BYTES_MAX + 1, 2**32 - 1])
def test_a_length_that_cannot_be_ends_the_stream_before_anything_is_kept(length: int) -> None:
    with pytest.raises(FrameError, match="bytes"):
        Splitter(frames.REQUEST_BYTES_MAX).feed(length.to_bytes(4, "little"))


@pytest.mark.parametrize("kind", [0, frames.ANSWER, frames.POSITION, frames.HELLO, 77])
def test_no_other_frame_is_a_call(kind: int) -> None:
    frame = whole(frames.encode_call(1, b"{}", [Wish(bytes(16), "a.b", b"{}")]))

    with pytest.raises(FrameError, match="no call"):
        frames.decode_call(bytes((kind,)) + frame[1:])


def test_what_is_too_large_is_not_even_sent() -> None:
    with pytest.raises(FrameError, match="allowed"):
        frames.encode_call(1, b"{}", [Wish(bytes(16), "a.b", bytes(frames.REQUEST_BYTES_MAX))])
    with pytest.raises(FrameError, match="1 to 50"):
        frames.encode_call(1, b"{}", [Wish(bytes(16), "a.b", b"")] * 51, batch=True)


def test_positions_and_greetings_come_out_as_they_went_in() -> None:
    position, greeting = whole(frames.encode_position((3, 2**40))), whole(frames.encode_hello("1.2.3"))

    assert (3, 2**40) == frames.decode_position(position)
    assert "1.2.3" == frames.decode_hello(greeting)
    assert [frames.POSITION, frames.HELLO] == [frames.kind_of(position), frames.kind_of(greeting)]
    with pytest.raises(FrameError):
        frames.decode_position(position[:-1])
    with pytest.raises(FrameError):
        frames.decode_hello(greeting + b"\xff")
    with pytest.raises(FrameError):
        frames.decode_reply(b"\x03\0\0")
