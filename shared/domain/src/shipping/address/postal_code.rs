//! Reads a postal code against the shapes of a country.

use super::countries::Country;

/// What a code is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Read {
    /// Good. This is how it is to be written.
    Good(String),
    /// None of this country's; perhaps this was meant.
    Bad(Option<String>),
}

/// Its letters and digits, upper case.
fn compact(text: &str) -> Vec<char> {
    text.chars().filter(|c| !matches!(c, ' ' | '-' | '\u{2013}' | '\u{a0}' | '.')).flat_map(char::to_uppercase).collect()
}

/// A digit that looks like this letter.
const fn as_digit(letter: char) -> char {
    match letter {
        'O' | 'Q' => '0',
        'I' | 'L' => '1',
        'Z' => '2',
        'S' => '5',
        'B' => '8',
        other => other,
    }
}

/// A letter that looks like this digit.
const fn as_letter(digit: char) -> char {
    match digit {
        '0' => 'O',
        '1' => 'I',
        '2' => 'Z',
        '5' => 'S',
        '8' => 'B',
        other => other,
    }
}

/// The code in a shape, and how many characters had to be read as others; none if it does not fit.
fn fit(code: &[char], shape: &str) -> Option<(String, usize)> {
    let mut left = code.iter().copied();
    let (mut written, mut mended) = (String::with_capacity(shape.len()), 0);
    for place in shape.chars() {
        if matches!(place, ' ' | '-') {
            written.push(place);
            continue;
        }
        let given = left.next()?;
        let meant = match place {
            '#' => as_digit_if_needed(given),
            '@' => as_letter_if_needed(given),
            _ => given,
        };
        let fits = match place {
            '#' => meant.is_ascii_digit(),
            '@' => meant.is_ascii_uppercase(),
            '*' => meant.is_ascii_digit() || meant.is_ascii_uppercase(),
            literal => meant == literal,
        };
        if !fits {
            return None;
        }
        mended += usize::from(meant != given);
        written.push(meant);
    }
    left.next().is_none().then_some((written, mended))
}

const fn as_digit_if_needed(given: char) -> char {
    if given.is_ascii_digit() { given } else { as_digit(given) }
}

const fn as_letter_if_needed(given: char) -> char {
    if given.is_ascii_uppercase() { given } else { as_letter(given) }
}

/// Codes that look right and are not given out.
fn is_given_out(country: &Country, written: &str) -> bool {
    let number: String = written.chars().filter(char::is_ascii_digit).collect();
    let all_digits = written.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-'));
    let number = if country.code == "US" { number.get(..5).unwrap_or_default() } else { &number };
    if all_digits && country.range.1 != u32::MAX {
        return number.parse().is_ok_and(|number: u32| (country.range.0..=country.range.1).contains(&number));
    }
    let (first, letters) = (written.chars().next().unwrap_or(' '), written.chars().filter(char::is_ascii_uppercase));
    match country.code {
        // Royal Mail: no code begins with Q, V or X, and C, I, K, M, O and V are not in the last two letters.
        "GB" => !"QVX".contains(first) && !written.chars().rev().take(2).any(|c| "CIKMOV".contains(c)),
        // Canada Post: D, F, I, O, Q and U are in no code, and W and Z begin none.
        "CA" => !"WZ".contains(first) && letters.clone().all(|c| !"DFIOQU".contains(c)),
        // PostNL: no code begins with 0, and three pairs of letters are left out.
        "NL" => first != '0' && !["SA", "SD", "SS"].contains(&letters.collect::<String>().as_str()),
        _ => true,
    }
}

fn best(country: &Country, code: &[char]) -> Option<(String, usize)> {
    let mut fits: Vec<(String, usize)> =
        country.shapes.iter().filter_map(|shape| fit(code, shape)).filter(|(written, _)| is_given_out(country, written)).collect();
    fits.sort_by_key(|(_, mended)| *mended);
    match fits.as_slice() {
        // Two that are as likely: neither is proposed.
        [first, second, ..] if first.1 == second.1 && first.0 != second.0 => None,
        [first, ..] => Some(first.clone()),
        [] => None,
    }
}

/// Reads a code. Blanks, dashes, case and a country's letters before it are matters of writing; a letter in a digit's place is not.
pub(super) fn read(country: &Country, text: &str) -> Read {
    let whole = compact(text);
    // "D-10115", "PL 00-950", "LV-1010": letters before a code that begins with a digit say which country.
    let begins_with_digit = country.shapes.iter().all(|shape| shape.starts_with('#'));
    let letters = whole.iter().take_while(|c| c.is_ascii_uppercase()).count();
    let named = begins_with_digit && (1..=3).contains(&letters) && (whole.starts_with(&compact(country.code)) || text.contains('-'));
    // The most natural reading first: an "O" in front may be a nought.
    let readings = [Some(whole.as_slice()), named.then(|| &whole[letters..])];
    let mut found: Vec<(String, usize)> = readings.into_iter().flatten().filter_map(|code| best(country, code)).collect();
    found.sort_by_key(|(_, mended)| *mended);
    match found.into_iter().next() {
        Some((written, 0)) => Read::Good(format!("{}{written}", country.prefix)),
        Some((written, 1..=2)) => Read::Bad(Some(format!("{}{written}", country.prefix))),
        _ => Read::Bad(None),
    }
}
