"""What the images of an answer say about it: the same, something else, or nothing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Box, TextLine, Word
from app.domain.proofs.page_text import PageText
from app.domain.proofs.proofs import Proof, ProofSource, Verdict, proofs_of
from tests.support.batch_backends import page_of

RECEIPT = page_of(
    "BOOK TA .K(TAMAN DAYA) SDN BND\n789417-W\nNO.53 55,57 & 59, JALAN SAGU 18,\nTAMAN DAYA,\n81100 JOHOR BAHRU,\n"
    "DATE: 25/12/2018 8:13:39 PM\nTOTAL: 1,234.50\nCash RM 2000.00\nTel 07-355 5555\nQty 6\nmail@example.org\n"
    "Tax 6%\n1 200,75 EUR\n05 02-18"
)
PAGES = PageText([RECEIPT])


def proven(text: str, pages: PageText = PAGES) -> list[tuple[str, Verdict, str]]:
    return [(text[proof.start : proof.end], proof.verdict, proof.printed) for proof in proofs_of(text, pages)]


def the_proof(text: str, pages: PageText = PAGES) -> Proof:
    (proof,) = proofs_of(text, pages)
    return proof


@pytest.mark.parametrize(
    ("text", "claim", "printed"),
    [
        ("the total is 1,234.50", "1,234.50", "1,234.50"),
        ("the total is 1234.5", "1234.5", "1,234.50"),
        ("the total is 1.234,50", "1.234,50", "1,234.50"),
        ("he gave $2,000", "2,000", "2000.00"),
        ("it was on 25 December 2018", "25 December 2018", "25/12/2018"),
        ("it was on 2018-12-25", "2018-12-25", "25/12/2018"),
        ("it was on 05-02-18", "05-02-18", "05 02-18"),
        ("at 8:13:39", "8:13:39", "8:13:39"),
        ("at 20:13", "20:13", "8:13:39 PM"),
        ("at 8:13 p.m.", "8:13 p.m.", "8:13:39 PM"),
        ("he gave RM2000", "RM2000", "RM 2000"),
        ("he gave ２０００．００", "２０００．００", "2000.00"),
        ('{"total": "1,234.50"}', "1,234.50", "1,234.50"),
        ("the number is 789417-W", "789417-W", "789417-W"),
        (
            "it was from Book Ta K (Taman Daya) Sdn Bhd",
            "Book Ta K (Taman Daya) Sdn Bhd",
            "BOOK TA .K(TAMAN DAYA) SDN BND",
        ),
        ("it is in Johor Bahru", "Johor Bahru", "JOHOR BAHRU"),
        ("it says “Taman Daya”", "Taman Daya", "TAMAN DAYA"),
        ("write to mail@example.org", "mail@example.org", "mail@example.org"),
        ("the tax is 6%", "6", "6"),
        ("that is 1200.75 euros", "1200.75", "1 200,75"),
    ],
)
def test_what_is_on_the_image_is_found_however_it_is_printed(text: str, claim: str, printed: str) -> None:
    assert (claim, Verdict.FOUND, printed) in proven(text)


@pytest.mark.parametrize(
    ("text", "claim", "printed"),
    [
        ("the total is 1,234.60", "1,234.60", "1,234.50"),
        ("it was on 25/12/2019", "25/12/2019", "25/12/2018"),
        ("it was on 45/12/2018", "45/12/2018", "25/12/2018"),
        ("call 07-355 5556", "07-355 5556", "07-355 5555"),
        (
            "it is at NO.53 55,57 & 59, JALAN SAGU 13",
            "NO.53 55,57 & 59, JALAN SAGU 13",
            "NO.53 55,57 & 59, JALAN SAGU 18",
        ),
        ("it is at 81101 Johor Bahru", "81101 Johor Bahru", "81100 JOHOR BAHRU"),
    ],
)
def test_one_other_digit_differs_and_says_what_is_printed(text: str, claim: str, printed: str) -> None:
    assert (claim, Verdict.DIFFERS, printed) in proven(text)


@pytest.mark.parametrize(
    "claim", ["765.50", "6.00", "12345678", "20:14", "8:13:38", "x@y.org", "“Thank you”", "1999-01-01"]
)
def test_what_is_not_on_the_image_is_missing(claim: str) -> None:
    assert the_proof(f"it says {claim}").verdict is Verdict.MISSING


@pytest.mark.parametrize(
    "text", ["there are 3 items", "a receipt of 12 lines", "I see 2 people", "", "yes", "1. first"]
)
def test_counts_and_words_of_the_answers_own_are_no_claims(text: str) -> None:
    assert proofs_of(text, PAGES) == ()


def test_a_decimal_point_is_not_a_digit_that_may_be_lost() -> None:
    assert the_proof("it costs 123,450").verdict is not Verdict.FOUND
    assert the_proof("Total: 123.450").verdict is not Verdict.FOUND


def test_a_page_without_text_proves_and_refutes_nothing() -> None:
    assert proofs_of("the total is 9.00", PageText([OcrPage(10, 10, (), "")])) == ()


def test_what_the_question_had_is_not_missing() -> None:
    assert proofs_of("no, it is less than 5000", PAGES, "is it more than 5000?") == ()
    assert the_proof("no, it is less than 5000").verdict is Verdict.MISSING


def test_where_something_was_not_read_nothing_is_missing() -> None:
    text = "1,234.50 and 765.50"
    verdicts = [proof.verdict for proof in ProofSource(PAGES, is_whole=False).proofs(text)]
    assert verdicts == [Verdict.FOUND]
    assert len(ProofSource(PAGES).proofs(text)) == 2


def test_of_several_places_the_one_beside_the_same_words_is_shown() -> None:
    pages = PageText([page_of("Cash 10.00\nChange 10.00\nTotal 10.00")])
    for row, name in enumerate(("cash", "change", "total")):
        place = the_proof(f"the {name} is 10.00", pages).place
        assert place
        assert place.boxes[0].top == 20 * row


def test_the_place_is_that_of_the_words_alone_on_each_line() -> None:
    total = the_proof("it is 1,234.50").place
    address = next(proof.place for proof in proofs_of("NO.53 55,57 & 59, JALAN SAGU 18, TAMAN DAYA", PAGES))
    assert total
    assert address
    row = RECEIPT.lines[6].box
    assert (total.boxes[0].top, total.boxes[0].right) == (row.top, row.right)
    assert total.boxes[0].left > row.left + 40
    assert [box.top for box in address.boxes] == [40, 60]


def test_words_with_boxes_of_their_own_have_those() -> None:
    line = RECEIPT.lines[6]
    words = (Word("TOTAL:", Box(0, 120, 50, 140), 1.0), Word("1,234.50", Box(500, 121, 600, 139), 1.0))
    placed = replace(RECEIPT, lines=(replace(line, words=words),))
    place = the_proof("it is 1,234.50", PageText([placed])).place
    assert place
    assert place.boxes == (Box(500, 121, 600, 139),)


def test_upright_lines_are_cut_downwards() -> None:
    box = Box(0, 0, 20, 200)
    line = TextLine("abcd123456", box, box.corners, 1.0)
    page = OcrPage(20, 200, (line,), line.text)
    place = the_proof("it says “123456”", PageText([page])).place
    assert place
    assert (place.boxes[0].left, place.boxes[0].right) == (0, 20)
    assert place.boxes[0].top > 60


def test_it_says_which_page() -> None:
    place = the_proof("it is 99.75", PageText([RECEIPT, page_of("x\n99.75")])).place
    assert place
    assert place.page == 1


@given(st.text(max_size=200), st.text(max_size=120))
def test_any_answer_to_any_page_has_proofs_in_order(answer: str, printed: str) -> None:
    proofs = proofs_of(answer, PageText([page_of(printed)]))
    ends = [0, *(proof.end for proof in proofs)]
    assert all(end <= proof.start < proof.end <= len(answer) for end, proof in zip(ends, proofs, strict=False))
    assert all((proof.place is None) is (proof.verdict is Verdict.MISSING) for proof in proofs)


@given(st.integers(100, 10**9), st.integers(0, 8), st.integers(1, 9))
def test_a_number_with_another_digit_is_never_found(number: int, place: int, step: int) -> None:
    digits = list(str(number))
    place %= len(digits)
    digits[place] = str((int(digits[place]) + step) % 10)
    changed = "".join(digits)
    pages = PageText([page_of(f"Total {number}")])
    assert the_proof(f"it is {number}", pages).verdict is Verdict.FOUND
    assert the_proof(f"it is {changed}", pages).verdict is not Verdict.FOUND


@pytest.mark.parametrize(
    "place",
    [
        '{"bbox_2d": [188, 400, 336, 560], "label": "Vendor"}',
        '{\n  "label": "the vendor\'s name",\n  "point_2d": [188, 400]\n}',
        '<p data-bbox="188 400 336 560" class="total"></p>',
        "<!-- Table (188, 400, 336, 560) -->",
        "<|object_ref_start|>vendor<|object_ref_end|><|box_start|>(188,400),(336,560)<|box_end|>",
    ],
)
def test_how_a_place_is_written_claims_nothing_of_the_image(place: str) -> None:
    assert proven(place) == []
    assert proven(f"Here it is:\n\n[{place}]\n\nand 9876.50") == [("9876.50", Verdict.MISSING, "")]


def test_values_that_have_a_place_are_proven() -> None:
    place = (
        '{"bbox_2d": [188, 400, 336, 560], "value": "1,234.50"}, {"bbox_2d": [188, 100, 336, 160], "value": "17.60"}'
    )
    assert proven(place) == [("1,234.50", Verdict.FOUND, "1,234.50"), ("17.60", Verdict.MISSING, "")]


def test_the_keys_of_data_claim_nothing() -> None:
    data = '{"vendor_name": "TAMAN DAYA",\n  "document date": "25/12/2018", "grand total": "17.60"}'
    found = [("TAMAN DAYA", Verdict.FOUND), ("25/12/2018", Verdict.FOUND), ("17.60", Verdict.MISSING)]
    assert [(text, verdict) for text, verdict, _ in proven(data)] == found


def test_three_decimals_are_not_two() -> None:
    """A comma before three digits may be a decimal one, or separate thousands: 10,500 is not 10.50."""
    pages = PageText([page_of("Total 10.50\nQty 1.000\nSum 4,411")])
    assert the_proof("it is 10,500", pages).verdict is not Verdict.FOUND
    assert the_proof("it is 1,000", pages).verdict is Verdict.FOUND
    assert the_proof("it is 4411", pages).verdict is Verdict.FOUND


def test_a_word_that_a_quotation_leaves_out_is_told() -> None:
    pages = PageText([page_of("GOODS SOLD ARE NOT RETURNABLE\nOR EXCHANGEABLE")])
    proof = the_proof("it says “goods sold are returnable”", pages)
    assert (proof.verdict, proof.printed) == (Verdict.DIFFERS, "GOODS SOLD ARE NOT RETURNABLE")
    assert the_proof("it says “goods sold are not returnable”", pages).verdict is Verdict.FOUND


@pytest.mark.parametrize("name", ["Cafe Meridian", "Hauptstr. 12a", "KF Modelling Play"])
def test_another_name_is_not_found_and_a_value_says_what_is_printed(name: str) -> None:
    pages = PageText([page_of("Cafe Merian\nHauptstr. 12\nKF Modelling Clay")])
    assert Verdict.FOUND not in [proof.verdict for proof in proofs_of(f"it is from {name} there", pages)]
    assert [proof.verdict for proof in proofs_of(f"Name: {name}", pages)] != [Verdict.FOUND]


def test_one_letter_of_a_long_word_may_be_misread() -> None:
    pages = PageText([page_of("Corner Bakery\nAMANU MALAYSIA SDN BHD")])
    assert the_proof("it is from Corner Bakory", pages).verdict is Verdict.FOUND
    assert the_proof("it is from Amano Malaysia Sdn Bhd", pages).verdict is Verdict.FOUND


def test_the_names_of_values_are_no_claims_in_json() -> None:
    text = '{\n  "company": "Book Ta",\n  "date": "2018-12-25",\n  "quantity": 6,\n  "total": "1,234.50"\n}'
    assert {verdict for _, verdict, _ in proven(text)} == {Verdict.FOUND}
    assert {claim for claim, _, _ in proven(text)} >= {"2018-12-25", "1,234.50"}
