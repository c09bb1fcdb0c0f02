//! Card numbers have no business here. What carries one is refused before it is stored or logged.
//!
//! Order numbers, phones, barcodes and tracking numbers are long digits, too, and one in ten passes the checksum. So a number
//! counts only if an issuer could have given it out: it begins as one of the networks' numbers do, and has their length.

/// Digits of a card number (ISO/IEC 7812).
const SHORTEST: usize = 13;
const LONGEST: usize = 19;

/// Beginnings that card networks have been given, each from a lowest to a highest of the same length, and how many digits their numbers have.
/// Sources: ISO/IEC 7812 and the networks' published ranges.
const RANGES: [(u32, u32, &[usize]); 24] = [
    (4, 4, &[13, 16, 19]),                       // Visa; 13 digits are not given out any more
    (51, 55, &[16]),                             // Mastercard
    (2221, 2720, &[16]),                         // Mastercard
    (34, 34, &[15]),                             // American Express
    (37, 37, &[15]),                             // American Express
    (300, 305, &[14, 16, 17, 18, 19]),           // Diners Club
    (3095, 3095, &[14, 16, 17, 18, 19]),         // Diners Club
    (36, 36, &[14, 16, 17, 18, 19]),             // Diners Club
    (38, 39, &[14, 16, 17, 18, 19]),             // Diners Club
    (6011, 6011, &[16, 17, 18, 19]),             // Discover
    (644, 649, &[16, 17, 18, 19]),               // Discover
    (65, 65, &[16, 17, 18, 19]),                 // Discover, RuPay
    (62, 62, &[16, 17, 18, 19]),                 // UnionPay
    (3528, 3589, &[16, 17, 18, 19]),             // JCB
    (2200, 2204, &[16, 17, 18, 19]),             // Mir
    (5018, 5018, &[13, 14, 15, 16, 17, 18, 19]), // Maestro
    (5020, 5020, &[13, 14, 15, 16, 17, 18, 19]), // Maestro
    (5038, 5038, &[13, 14, 15, 16, 17, 18, 19]), // Maestro
    (5893, 5893, &[13, 14, 15, 16, 17, 18, 19]), // Maestro
    (6304, 6304, &[13, 14, 15, 16, 17, 18, 19]), // Maestro
    (6759, 6763, &[13, 14, 15, 16, 17, 18, 19]), // Maestro
    (508, 508, &[16]),                           // RuPay
    (81, 82, &[16]),                             // RuPay
    (9792, 9792, &[16]),                         // Troy
];

/// Whether a card number is written in it: 13 to 19 digits, at most one blank, dash or plus sign between two of them.
pub fn contains_pan(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let end = run_end(bytes, at);
        // Part of a longer word, as hashes and tokens have it.
        let before = at.checked_sub(1).map(|before| bytes[before]);
        let is_part = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !is_part(before) && !is_part(bytes.get(end).copied()) && run_holds_pan(&bytes[at..end], before == Some(b'+')) {
            return true;
        }
        at = end;
    }
    false
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'-' | b'+')
}

/// Where digits with single separators between them end.
fn run_end(bytes: &[u8], start: usize) -> usize {
    let mut end = start;
    loop {
        match (bytes.get(end), bytes.get(end + 1)) {
            (Some(b), _) if b.is_ascii_digit() => end += 1,
            (Some(b), Some(next)) if is_separator(*b) && next.is_ascii_digit() => end += 1,
            _ => return end,
        }
    }
}

/// Looks at every row of whole groups: "4111 1111 1111 1111 12 29" is a number and a date.
fn run_holds_pan(run: &[u8], after_plus: bool) -> bool {
    let groups: Vec<&[u8]> = run.split(|b| is_separator(*b)).collect();
    for (first, _) in groups.iter().enumerate() {
        let mut digits = Vec::with_capacity(LONGEST);
        for group in &groups[first..] {
            if digits.len() + group.len() > LONGEST {
                break;
            }
            digits.extend(group.iter().map(|b| b - b'0'));
            let is_phone = after_plus && first == 0;
            if !is_phone && is_pan(&digits) {
                return true;
            }
        }
    }
    false
}

fn is_pan(digits: &[u8]) -> bool {
    if !(SHORTEST..=LONGEST).contains(&digits.len()) || !luhn(digits) {
        return false;
    }
    let begins = |count: usize| digits.iter().take(count).fold(0_u32, |number, digit| number * 10 + u32::from(*digit));
    let known = RANGES.iter().any(|(low, high, lengths)| {
        let count = if *low < 10 { 1 } else { low.ilog10() as usize + 1 };
        (*low..=*high).contains(&begins(count)) && lengths.contains(&digits.len())
    });
    known && !(digits.len() == 13 && is_barcode_or_phone(digits, begins(2)))
}

/// Thirteen digits that begin with 4 are far more often a German barcode, or a mobile phone in Austria, Sweden or Germany.
fn is_barcode_or_phone(digits: &[u8], country: u32) -> bool {
    let weighted: u32 = digits.iter().rev().enumerate().map(|(place, digit)| u32::from(*digit) * if place % 2 == 0 { 1 } else { 3 }).sum();
    weighted.is_multiple_of(10) || matches!(country, 43 | 46 | 49)
}

/// The checksum of ISO/IEC 7812.
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(*digit) * if place % 2 == 0 { 1 } else { 2 };
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // The numbers that networks publish for tests.
    // req: S2-53
    #[test]
    fn card_numbers_are_found_however_they_are_written() {
        for number in [
            "4111111111111111",
            "4242424242424242",
            "4222222222222",
            "5555555555554444",
            "2223003122003222",
            "378282246310005",
            "371449635398431",
            "6011111111111117",
            "30569309025904",
            "38520000023237",
            "3530111333300000",
            "6200000000000005",
            "6759649826438453",
            "6304000000000000",
        ] {
            assert!(contains_pan(number), "{number}");
            assert!(contains_pan(&format!("{{\"note\":\"card {number}, thanks\"}}")), "{number}");
        }
        for written in [
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "card=4111+1111+1111+1111&cvc=1",
            "3782 822463 10005",
            "4111 1111 1111 1111 12/29",
            "4111 1111 1111 1111 12 29 123",
            "1001 4111 1111 1111 1111",
            "\u{a0}4111111111111111\u{a0}",
            "[4111111111111111,1]",
        ] {
            assert!(contains_pan(written), "{written}");
        }
    }

    #[test]
    fn other_long_numbers_are_left_alone() {
        for written in [
            "",
            "1001",
            "ORD-20250809-4111111111",
            "4111111111111112",            // no checksum
            "1234567812345670",            // a checksum, and no network
            "0000000000000000",            // the same
            "+4915112345678",              // a phone
            "+49 1511 2345 678",           // the same, written out
            "4006381333931",               // a barcode that begins with 4
            "9400111899223818218407",      // a parcel
            "1754700000000",               // milliseconds
            "20250809123456789012",        // an id by date
            "411111111111111111111111111", // longer than any card number
            "4111  1111  1111  1111",      // two blanks part columns of a table
            "550e8400-e29b-41d4-a716-446655440000",
            "pi_4111111111111111",
            "a94111111111111111c8",
            "4111.1111.1111.1111",
            "59.98 4000.00 1200.50",
        ] {
            assert!(!contains_pan(written), "{written}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_looked_through(text in ".{0,200}") {
            let _ = contains_pan(&text);
        }

        #[test]
        fn a_number_is_found_among_others(before in "[0-9 ]{0,12}", after in "[0-9 ]{0,12}") {
            let text = format!("{before} x 4242 4242 4242 4242, {after}");
            prop_assert!(contains_pan(&text));
        }

        #[test]
        fn one_wrong_digit_is_no_card_number(place in 0usize..16, digit in 0u8..10) {
            let mut number = *b"4242424242424242";
            if number[place] != b'0' + digit {
                number[place] = b'0' + digit;
                prop_assert!(!contains_pan(std::str::from_utf8(&number).unwrap()));
            }
        }
    }
}
