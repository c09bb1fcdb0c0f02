//! Personal data made safe to show: what log lines, operator screens and team channels print instead of
//! the address or the phone number itself.

/// What stands for a value too short or too odd to show any part of.
const HIDDEN: &str = "***";

/// `john@x.io` becomes `j***@x.io`. Anything that is not one plain address becomes `***`, because a
/// mistyped address is still somebody's.
pub fn mask_email(text: &str) -> String {
    let text = text.trim();
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '|' | '&');
    match text.split_once('@') {
        Some((local, domain)) if !domain.is_empty() && !domain.contains('@') && !text.contains(odd) => match local.chars().next() {
            Some(first) => format!("{first}{HIDDEN}@{domain}"),
            None => HIDDEN.to_owned(),
        },
        _ => HIDDEN.to_owned(),
    }
}

/// The name of somebody on a chat platform: its last two characters.
pub fn mask_handle(text: &str) -> String {
    let count = text.chars().count();
    let tail: String = text.chars().skip(count.saturating_sub(2)).collect();
    if count < 6 { HIDDEN.to_owned() } else { format!("{HIDDEN}{tail}") }
}

/// `+48 555 123 456` becomes `***56`: enough for the owner to recognise, too little to dial. Fewer than
/// seven digits is no phone number and shows nothing.
pub fn mask_phone(text: &str) -> String {
    let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    match digits.as_slice() {
        [.., tens, ones] if digits.len() >= 7 => format!("{HIDDEN}{tens}{ones}"),
        _ => HIDDEN.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S0-18
    #[test]
    fn an_address_shows_its_first_letter_and_its_domain() {
        let table = [
            ("john@x.io", "j***@x.io"),
            ("a@b.co", "a***@b.co"),
            (" john@x.io ", "j***@x.io"),
            ("łukasz@x.pl", "ł***@x.pl"),
            ("@x.io", "***"),
            ("john@", "***"),
            ("john", "***"),
            ("", "***"),
            ("a@b@c.io", "***"),
            ("call me a@b.io", "***"),
            ("a@b.io\r\nBcc: c", "***"),
            ("a@<!channel>", "***"),
        ];
        for (input, masked) in table {
            assert_eq!(mask_email(input), masked, "{input:?}");
        }
    }

    // req: S0-18
    #[test]
    fn a_phone_number_shows_its_last_two_digits() {
        let table = [
            ("+48 555 123 456", "***56"),
            ("(555) 123-4567", "***67"),
            ("555123456", "***56"),
            ("1234567", "***67"),
            ("123456", "***"),
            ("", "***"),
            ("no phone", "***"),
        ];
        for (input, masked) in table {
            assert_eq!(mask_phone(input), masked, "{input:?}");
        }
    }
}
