from testgen.tlc.messages import Message, MessageReader


def read(text: str) -> list[Message | str]:
    reader = MessageReader()
    items = [item for line in text.splitlines() if (item := reader.read(line)) is not None]
    return [*items, *reader.rest()]


def test_lines_outside_of_messages_come_back_as_they_are() -> None:
    text = "before\n@!@!@STARTMSG 2262:0 @!@!@\nTLC2 Version 2.15\n@!@!@ENDMSG 2262 @!@!@\n<<1, 2>>"
    assert read(text) == ["before", Message(2262, 0, "TLC2 Version 2.15"), "<<1, 2>>"]


def test_a_message_may_begin_inside_of_another_one_in_the_middle_of_a_line() -> None:
    text = (
        "@!@!@STARTMSG 1000:1 @!@!@\nThe exception was a X\n: @!@!@STARTMSG 2132:0 @!@!@\nAssert\n"
        "@!@!@ENDMSG 2132 @!@!@\nafter\n@!@!@ENDMSG 1000 @!@!@"
    )
    assert read(text) == [Message(1000, 1, "The exception was a X\n: \nAssert\nafter", (2132,))]


def test_a_message_cut_off_by_death_is_not_lost() -> None:
    assert read("@!@!@STARTMSG 2110:1 @!@!@\nInvariant Small") == [Message(2110, 1, "Invariant Small")]
