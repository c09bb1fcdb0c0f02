//! How long a text message is, in the parts that are paid for (3GPP TS 23.038 and 23.040).

/// The basic alphabet.
const BASIC: &str =
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// These take two places.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// How a text goes over the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// Seven bits a character.
    Gsm7,
    /// Two bytes a character: one that the other does not have makes all of them long.
    Ucs2,
}

/// What a text takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// How it goes over the air.
    pub alphabet: Alphabet,
    /// Places: septets, or UTF-16 units.
    pub units: usize,
    /// Parts that are paid for; at least one.
    pub parts: usize,
}

pub(super) fn is_gsm(c: char) -> bool {
    BASIC.contains(c) || EXTENDED.contains(c)
}

/// Counts.
pub fn parts(text: &str) -> Parts {
    let gsm = text.chars().all(is_gsm);
    let (alphabet, units, alone, joined) = if gsm {
        (Alphabet::Gsm7, text.chars().map(|c| 1 + usize::from(EXTENDED.contains(c))).sum(), 160, 153)
    } else {
        (Alphabet::Ucs2, text.encode_utf16().count(), 70, 67)
    };
    let parts = if units <= alone { 1 } else { units.div_ceil(joined) };
    Parts { alphabet, units, parts }
}

/// The nearest character of the alphabet.
pub(super) const fn plainest(c: char) -> char {
    match c {
        'ą' | 'á' | 'â' | 'ã' => 'a',
        'Ą' | 'Á' | 'À' | 'Â' | 'Ã' => 'A',
        'ć' | 'ç' | 'č' => 'c',
        'Ć' | 'Č' => 'C',
        'ę' | 'ê' | 'ë' => 'e',
        'Ę' | 'È' | 'Ê' | 'Ë' => 'E',
        'í' | 'î' | 'ï' => 'i',
        'Í' | 'Î' | 'Ï' => 'I',
        'ł' => 'l',
        'Ł' => 'L',
        'ń' => 'n',
        'Ń' => 'N',
        'ó' | 'ô' | 'õ' => 'o',
        'Ó' | 'Ô' | 'Õ' => 'O',
        'ś' | 'š' => 's',
        'Ś' | 'Š' => 'S',
        'ú' | 'û' => 'u',
        'Ú' | 'Û' => 'U',
        'ź' | 'ż' | 'ž' => 'z',
        'Ź' | 'Ż' | 'Ž' => 'Z',
        '–' | '—' => '-',
        '’' | '‘' => '\'',
        '“' | '”' | '„' => '"',
        '\u{a0}' | '\u{202f}' => ' ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S1-22
    #[test]
    fn parts_are_counted_as_they_are_paid_for() {
        let of = |text: &str| (parts(text).alphabet, parts(text).units, parts(text).parts);
        assert_eq!(of(""), (Alphabet::Gsm7, 0, 1));
        assert_eq!(of(&"a".repeat(160)), (Alphabet::Gsm7, 160, 1));
        assert_eq!(of(&"a".repeat(161)), (Alphabet::Gsm7, 161, 2));
        assert_eq!(of(&"a".repeat(307)), (Alphabet::Gsm7, 307, 3));
        assert_eq!(of(&"€".repeat(80)), (Alphabet::Gsm7, 160, 1));
        assert_eq!(of(&"€".repeat(81)), (Alphabet::Gsm7, 162, 2));
        assert_eq!(of(&"ż".repeat(70)), (Alphabet::Ucs2, 70, 1));
        assert_eq!(of(&"ż".repeat(71)), (Alphabet::Ucs2, 71, 2));
        assert_eq!(of("📦"), (Alphabet::Ucs2, 2, 1));
    }
}
