//! One normal form for what people and models type, so that a look-alike digit or an invisible character
//! cannot change what a scanner sees.

/// Most characters any scanner looks at. Twice what a question may hold, so that the limit is never met
/// by an accepted question and a hostile one still costs a bounded time.
const SCAN_CHARS_MAX: usize = 4_000;

/// Full-width forms to ASCII, odd spaces to a space, odd dashes to `-`, invisible and direction-changing
/// characters away.
pub(super) fn normalise(text: &str) -> String {
    text.chars().filter(|c| !invisible(*c)).take(SCAN_CHARS_MAX).map(plain).collect()
}

/// Characters that show nothing, or change the direction of what does.
pub fn invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{20e3}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
    )
}

fn plain(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{2116}' => '#',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => '-',
        '’' | '‘' | 'ʼ' => '\'',
        _ if c.is_whitespace() || c.is_control() => match c {
            '\n' | '\r' => '\n',
            _ => ' ',
        },
        _ => c,
    }
}

/// Lower case without the diacritics of the European Latin alphabets, or `None` for a character outside
/// them. One character in, one out.
pub(super) fn fold(c: char) -> Option<char> {
    if c.is_ascii() {
        return Some(c.to_ascii_lowercase());
    }
    let lower = c.to_lowercase().next().unwrap_or(c);
    Some(match lower {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ą' | 'ă' | 'ā' | 'æ' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'ď' | 'đ' | 'ð' => 'd',
        'è' | 'é' | 'ê' | 'ë' | 'ę' | 'ě' | 'ė' | 'ē' => 'e',
        'ğ' => 'g',
        'ì' | 'í' | 'î' | 'ï' | 'į' | 'ı' => 'i',
        'ł' | 'ľ' | 'ĺ' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ő' | 'œ' => 'o',
        'ř' | 'ŕ' => 'r',
        'ś' | 'š' | 'ş' | 'ș' | 'ß' => 's',
        'ť' | 'ț' => 't',
        'ù' | 'ú' | 'û' | 'ü' | 'ů' | 'ű' | 'ų' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        _ => return None,
    })
}

/// The folded words of a text, split at everything that is no letter or digit. An unknown letter stays as
/// it is, so that it never glues or splits a word.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().map(|c| fold(c).unwrap_or(c)).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S0-03
    #[test]
    fn look_alikes_and_invisible_characters_are_normalised() {
        let table = [
            ("１００１", "1001"),
            ("10\u{200b}0\u{feff}1", "1001"),
            ("1\u{fe0f}\u{20e3}0\u{fe0f}\u{20e3}", "10"),
            ("№ 1001", "# 1001"),
            ("a\u{a0}b\tc", "a b c"),
            ("1001–2", "1001-2"),
            ("\u{202e}1001\u{202c}", "1001"),
            ("john＠x．io", "john@x.io"),
        ];
        for (input, expected) in table {
            assert_eq!(normalise(input), expected, "{input:?}");
        }
        assert_eq!(normalise(&"9".repeat(1_000_000)).len(), SCAN_CHARS_MAX);
    }

    // req: S0-15
    #[test]
    fn words_are_folded() {
        assert_eq!(words("Gdzie jest moje ZAMÓWIENIE? We’ll"), ["gdzie", "jest", "moje", "zamowienie", "we", "ll"]);
    }
}
