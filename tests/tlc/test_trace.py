from testgen.errors import Location
from testgen.tlc.trace import Trace, TraceState, read_header, read_state, show_trace, wrap_value


def test_a_state_has_number_action_place_and_variables() -> None:
    state = read_state('3: <Up line 6, col 7 to line 6, col 66 of module Ok>\n/\\ count = 2\n/\\ log = <<0, "b">>\n')
    assert state == TraceState(3, "Up", Location("Ok.tla", 6, 7), (("count", "2"), ("log", '<<0, "b">>')))


def test_arguments_of_newer_tlcs_stay_with_the_action() -> None:
    assert read_state("2: <Set(c1,3) line 6, col 7 to line 6, col 9 of module Ok>\nx = 1").action == "Set(c1,3)"


def test_one_variable_is_printed_without_a_conjunction() -> None:
    assert read_state("1: <Initial predicate>\ncount = 0").variables == (("count", "0"),)


def test_a_value_over_several_lines_and_strings_like_conjuncts_are_not_cut() -> None:
    text = '1: <Initial predicate>\n/\\ f = ( 1 :>\n      "/\\\\ x = 1" @@\n  2 :> "]]" )\n/\\ y = [a |-> {}]'
    assert dict(read_state(text).variables) == {"f": '( 1 :>\n      "/\\\\ x = 1" @@\n  2 :> "]]" )', "y": "[a |-> {}]"}


def test_the_ends_of_infinite_traces() -> None:
    assert read_header("5: Stuttering")[:2] == (5, "Stuttering")
    back = read_header("1: Back to state: <Cyc line 14, col 8 to line 14, col 31 of module Oc>")
    assert back[:3] == (1, "Back to state", "Cyc")
    assert read_header("4: Back to state")[:2] == (4, "Back to state")


def test_later_states_mark_what_changed_and_leave_out_long_values_that_did_not() -> None:
    long = "<<" + ", ".join(f'"element {n}"' for n in range(12)) + ">>"
    states = (
        TraceState(1, None, None, (("count", "0"), ("log", long))),
        TraceState(2, "Up", Location("A.tla", 6, 7), (("count", "1"), ("log", long))),
    )
    assert show_trace(Trace(states, back_to=1, back_by="Down"), width=60).splitlines() == [
        "State 1: initial",
        "    count = 0",
        '    log   = <<"element 0", "element 1", "element 2",',
        '            "element 3", "element 4", "element 5",',
        '            "element 6", "element 7", "element 8",',
        '            "element 9", "element 10", "element 11">>',
        "",
        "State 2: Up  (A.tla:6:7)",
        "  * count = 1",
        "    log   = (unchanged)",
        "",
        "Back to state 1, by Down, and so on for ever",
    ]


def test_lines_are_never_broken_inside_of_strings() -> None:
    assert wrap_value('<<"a b c d e f", 1,\n   2>>', 8) == ['<<"a b c d e f",', "1, 2>>"]
